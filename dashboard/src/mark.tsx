// The siskin: a small finch, yellow-green with a black cap and a barred wing. Same drawing as `public/favicon.svg`.

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect class="mark-ground" width="32" height="32" rx="8" />
      <path class="mark-beak" d="M7 10.4 3.3 12.8 7.3 14z" />
      <path
        class="mark-body"
        d="M6.6 11.3c0-3.3 2.6-5.9 5.9-5.9 3.1 0 5.2 1.9 6 4.4 1 3 4.1 4.8 6.3 8.4l3.4 8-4.9-1.9c-1.8 1.4-4.3 2.1-7 2.1-5.6 0-8.9-4.2-8.9-9.2 0-2-.8-3.5-.8-5.9z"
      />
      <path
        class="mark-cap"
        d="M6.7 10.5c.3-2.9 2.8-5.1 5.8-5.1 2.5 0 4.4 1.2 5.4 3.1-2.3-.1-4 .5-5.4 1.6-1.7 1.3-4.1 1.4-5.8.4z"
      />
      <circle class="mark-cap" cx="10.5" cy="12.6" r="1" />
      <path class="mark-wing" d="M12.8 15.2c5-.7 9.7 2.1 11.7 7-5.2 1.2-10.5-1.3-11.7-7z" />
      <path class="mark-bar" d="M15.6 18.7c1.9-.9 3.7-.9 5.3-.2" />
    </svg>
  );
}
