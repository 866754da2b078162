//! What an account takes of a keeper's memory.

#[path = "common/crowd.rs"]
mod crowd;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use crowd::Crowd;

/// Bytes that are allocated and not freed, as they were asked for.
static BYTES: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn an_account_with_one_position_takes_three_hundred_bytes() {
    const ACCOUNTS: usize = 20_000;
    let before = BYTES.load(Ordering::Relaxed);
    let crowd = Crowd::of(ACCOUNTS);
    // Its list of addresses is the test's own.
    let (known, own) = (BYTES.load(Ordering::Relaxed) - before, 32 * ACCOUNTS);
    let mut watch = crowd.unwatched();
    assert_eq!(crowd.look(&mut watch), (0, 0));
    let watched = BYTES.load(Ordering::Relaxed) - before - known;
    assert_eq!(watch.count(), (ACCOUNTS, 0));
    let (known, watched) = ((known - own) / ACCOUNTS, watched / ACCOUNTS);
    println!("{known} bytes for what is known of an account, {watched} for its triggers");
    assert!(known + watched <= 300, "{known} and {watched}");
}
