// What stands in the place of an answer that the server refused to give: its own words.

export function Refused({ reason }: { reason: string }) {
  return (
    <section class="message" role="alert">
      <h2>Nothing to show</h2>
      <p>The server says: {reason}.</p>
    </section>
  );
}
