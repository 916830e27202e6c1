//! How glibc gives memory out: made for programs with many short threads, it would hold a heap for each of ours, and ask the kernel
//! for every large body anew.

/// Heaps at most: more would be held half empty.
#[cfg(target_env = "gnu")]
const ARENAS: libc::c_int = 2;
/// What is larger comes from the kernel and goes back to it: a body and what is made of it are smaller.
#[cfg(target_env = "gnu")]
const LARGE_BYTES: libc::c_int = 4 << 20;

/// To be called before any thread is made.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "the C library has no other way")]
pub fn settle() {
    // SAFETY: it takes two numbers, and no other thread asks for memory yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, ARENAS);
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES);
    }
}

/// Other C libraries have nothing to set.
#[cfg(not(target_env = "gnu"))]
pub fn settle() {}
