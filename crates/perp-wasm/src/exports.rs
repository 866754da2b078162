//! What the module exports. Everything here is called from one thread, one call at a time: a page's, or a worker's.

use crate::refused::Refused;
use crate::world::{Reading, World};
use crate::{INPUT_WORDS, INTERFACE, OUTPUT_WORDS};
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;

/// Memory of one thread: WebAssembly without threads has no other.
struct Single<T>(UnsafeCell<T>);

// SAFETY: the module is compiled without threads.
unsafe impl<T> Sync for Single<T> {}

static INPUT: Single<[u64; INPUT_WORDS]> = Single(UnsafeCell::new([0; INPUT_WORDS]));
static OUTPUT: Single<[u64; OUTPUT_WORDS]> = Single(UnsafeCell::new([0; OUTPUT_WORDS]));
static WORLD: Single<Option<World>> = Single(UnsafeCell::new(None));
/// Where the next allocation begins; zero before the first.
static NEXT: Single<usize> = Single(UnsafeCell::new(0));

const PAGE: usize = 65_536;

/// Hands out memory from the end of what is in use. What the last allocation took can grow in place and be given back; all else comes
/// back with the end of the question, or with `reset`.
struct Bump;

unsafe extern "C" {
    static __heap_base: u8;
}

fn heap_base() -> usize {
    (&raw const __heap_base) as usize
}

// SAFETY: `alloc` returns memory that nobody else has: beyond everything handed out before, within what the module has grown to.
unsafe impl GlobalAlloc for Bump {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread.
        let next = unsafe { &mut *NEXT.0.get() };
        let from = (*next).max(heap_base());
        let start = (from + layout.align() - 1) & !(layout.align() - 1);
        let end = start + layout.size();
        let memory = core::arch::wasm32::memory_size(0) * PAGE;
        if end > memory && core::arch::wasm32::memory_grow(0, (end - memory).div_ceil(PAGE)) == usize::MAX {
            return core::ptr::null_mut();
        }
        *next = end;
        start as *mut u8
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: one thread.
        let next = unsafe { &mut *NEXT.0.get() };
        if pointer as usize + layout.size() == *next {
            *next = pointer as usize;
        }
    }
}

#[global_allocator]
static ALLOCATOR: Bump = Bump;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

fn world() -> &'static mut World {
    // SAFETY: one thread, and no export calls another.
    unsafe { (*WORLD.0.get()).get_or_insert_default() }
}

fn input(words: usize) -> &'static [u64] {
    // SAFETY: one thread; the caller writes between calls only.
    let input: &'static [u64; INPUT_WORDS] = unsafe { &*INPUT.0.get() };
    input.get(..words).unwrap_or_default()
}

fn output() -> &'static mut [u64; OUTPUT_WORDS] {
    // SAFETY: one thread, and no export holds two of them at once.
    unsafe { &mut *OUTPUT.0.get() }
}

/// The status of what does nothing but take place or not.
fn status(done: Result<u64, Refused>) -> u64 {
    match done {
        Ok(outcome) => outcome,
        Err(refused) => {
            let Refused { status, words } = refused;
            let output = output();
            output[0] = status as u64;
            output[1..5].copy_from_slice(bytemuck::cast_slice(bytemuck::bytes_of(&words)));
            u64::MAX
        }
    }
}

/// Version of the interface.
#[no_mangle]
pub extern "C" fn interface() -> u32 {
    INTERFACE
}

/// Address of the input buffer.
#[no_mangle]
pub extern "C" fn input_address() -> usize {
    INPUT.0.get() as usize
}

/// Address of the output buffer.
#[no_mangle]
pub extern "C" fn output_address() -> usize {
    OUTPUT.0.get() as usize
}

/// Forgets everything.
#[no_mangle]
pub extern "C" fn reset() {
    // SAFETY: one thread; nothing of the world that was is referred to any more, so that its memory is free.
    unsafe {
        core::mem::forget((*WORLD.0.get()).take());
        *NEXT.0.get() = 0;
    }
}

/// Sets the clock.
#[no_mangle]
pub extern "C" fn set_clock(now: i64, slot: u64) {
    world().set_clock(now, slot);
}

/// Loads an account of `bytes` bytes from the input buffer. Returns zero, or 2^64 − 1 and the refusal in the output buffer.
#[no_mangle]
pub extern "C" fn load(number: u64, bytes: usize) -> u64 {
    let input: &[u8] = bytemuck::cast_slice(input(INPUT_WORDS));
    status(world().load(number, input.get(..bytes).unwrap_or_default()).map(|()| 0))
}

/// Takes a reading in. Returns what became of it, or 2^64 − 1 and the refusal in the output buffer.
#[no_mangle]
pub extern "C" fn price(market: u64, price: i64, confidence: u64, exponent: i32, published: i64, previous: i64) -> u64 {
    let reading = Reading { price, confidence, exponent, published, previous };
    status(world().price(market, &reading).map(|outcome| outcome as u64))
}

/// Answers the question of `words` words in the input buffer. Returns the words of the answer in the output buffer.
#[no_mangle]
pub extern "C" fn ask(words: usize) -> usize {
    let world: &World = world();
    // SAFETY: one thread. An answer keeps nothing: what it allocated is free once it is written.
    unsafe {
        let mark = *NEXT.0.get();
        let length = world.ask(input(words), &mut *OUTPUT.0.get());
        *NEXT.0.get() = mark;
        length
    }
}

/// Opens a margin account without anything in it. Returns its number, or 2^64 − 1 and the refusal in the output buffer.
#[cfg(feature = "paper")]
#[no_mangle]
pub extern "C" fn open() -> u64 {
    status(world().open())
}

/// Makes a margin account that is not on chain part of its markets. Returns as `load` does.
#[cfg(feature = "paper")]
#[no_mangle]
pub extern "C" fn join(number: u64) -> u64 {
    status(world().join(number).map(|()| 0))
}

/// Does what the question of `words` words in the input buffer asks about. Returns as `load` does.
#[cfg(feature = "paper")]
#[no_mangle]
pub extern "C" fn act(words: usize) -> u64 {
    status(world().act(input(words)).map(|()| 0))
}

/// Writes a margin account into the output buffer. Returns its bytes, or 2^64 − 1 and the refusal in the output buffer.
#[cfg(feature = "paper")]
#[no_mangle]
pub extern "C" fn store(number: u64) -> u64 {
    let stored = world().store(number, output());
    status(stored.map(|bytes| bytes as u64))
}

/// Writes a market into the output buffer. Returns as `store` does.
#[cfg(feature = "paper")]
#[no_mangle]
pub extern "C" fn store_market(market: u64) -> u64 {
    let stored = world().store_market(market, output());
    status(stored.map(|bytes| bytes as u64))
}
