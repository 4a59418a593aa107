//! Drives a verification from its begin to a journey with no std, no libc and no operating system but one system call to end.
#![no_std]

extern crate alloc;

use core::{
    alloc::{GlobalAlloc, Layout},
    arch::{asm, global_asm},
    cell::UnsafeCell,
    panic::PanicInfo,
    sync::atomic::{AtomicUsize, Ordering},
};

use idvkit::{
    Account, Config, Next, Reject, Request, Seed, UnixMillis,
    driver::{Accounts, Answer, Ask, Driver, Row, Told},
};

const NOW: UnixMillis = UnixMillis(1_767_225_600_000);

/// 0 if the verification did what it must; otherwise the step that failed.
#[unsafe(no_mangle)]
extern "C" fn proof() -> i32 {
    let config = r#"{"provider": "attestr", "auth_token": "t", "client_key": "0a", "client_secrets": ["0123456789abcdef"]}"#;
    let request = r#"{"flow": "attestr_flowx", "flow_id": "FX02zfeuvcj36knhn06us", "tag": "T1"}"#;
    let Ok(account) = Config::from_json(config).and_then(Account::new) else { return 1 };
    let Ok(seed) = Seed::new(&core::array::from_fn::<u8, 32, _>(|at| at as u8)) else { return 2 };
    let Ok(request) = Request::from_json(request) else { return 3 };
    let (accounts, mut stored) = (Accounts::from(account), None);
    let Ok(begin) = Driver::begin(&accounts, request, seed, "order-7", NOW) else { return 4 };
    let Ok(Ask::Heard { id: Some(id) }) = run(begin, &mut stored) else { return 5 };
    match run(Driver::advance(&accounts, &id), &mut stored) {
        Ok(Ask::Rest { next: Next::Present { .. } }) => 0,
        _ => 6,
    }
}

/// A host without anything: one row, and the provider's answer at hand.
fn run(mut driver: Driver, stored: &mut Option<Row>) -> Result<Ask, Reject> {
    loop {
        let told = match driver.ask() {
            Ask::Load { .. } => {
                Told::Loaded { snapshot: stored.as_ref().map(|row| row.snapshot.clone()), blobs: alloc::vec![] }
            }
            Ask::Store { row, expected, .. } => {
                let first = stored.as_ref().map(|row| row.revision) == *expected;
                *stored = Some(row.clone());
                Told::Stored { stored: first }
            }
            Ask::Exchange { .. } => {
                let body = br#"{"_id": "DS02zfeuv6n4gkq51hvw6", "number": "3804-324489-8469"}"#.to_vec();
                Told::Exchanged { answer: Some(Answer { status: 200, headers: alloc::vec![], body }) }
            }
            Ask::Deliver { .. } => Told::Delivered { delivered: true },
            rest => return Ok(rest.clone()),
        };
        driver.told(told, NOW)?;
    }
}

global_asm!(".globl _start", "_start:", "and rsp, -16", "call proof", "mov edi, eax", "mov eax, 60", "syscall");

/// Hands out one megabyte and takes nothing back.
struct Bump {
    memory: UnsafeCell<[u8; 1 << 20]>,
    used: AtomicUsize,
}

// SAFETY: `alloc` gives every caller memory of its own, reserved by an atomic addition.
unsafe impl Sync for Bump {}

// SAFETY: the blocks are inside `memory`, aligned, and never given twice.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let size = layout.size() + layout.align();
        let start = self.used.fetch_add(size, Ordering::Relaxed);
        if start + size > 1 << 20 {
            return core::ptr::null_mut();
        }
        let base = self.memory.get() as usize + start;
        base.next_multiple_of(layout.align()) as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static HEAP: Bump = Bump { memory: UnsafeCell::new([0; 1 << 20]), used: AtomicUsize::new(0) };

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: ends the process with status 101 and returns nowhere.
    unsafe { asm!("syscall", in("rax") 60, in("rdi") 101, options(noreturn)) }
}

/// What a compiler expects of every platform, in one instruction each.
mod memory {
    use core::arch::asm;

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
        // SAFETY: the caller vouches for both ranges.
        unsafe { asm!("rep movsb", inout("rcx") count => _, inout("rdi") to => _, inout("rsi") from => _) };
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
        if (to as usize).wrapping_sub(from as usize) >= count {
            // SAFETY: the ranges do not overlap in the direction of copying.
            return unsafe { memcpy(to, from, count) };
        }
        // SAFETY: copies from the end, so that overlapping bytes are read before they are written.
        unsafe {
            let last = count.wrapping_sub(1);
            asm!("std", "rep movsb", "cld", inout("rcx") count => _, inout("rdi") to.wrapping_add(last) => _, inout("rsi") from.wrapping_add(last) => _);
        }
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
        // SAFETY: the caller vouches for the range.
        unsafe { asm!("rep stosb", inout("rcx") count => _, inout("rdi") to => _, in("al") byte as u8) };
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, count: usize) -> i32 {
        let mut at = 0;
        while at < count {
            // SAFETY: the caller vouches for both ranges; volatile, or the loop would be turned into a call of itself.
            let (x, y) = unsafe { (a.add(at).read_volatile(), b.add(at).read_volatile()) };
            if x != y {
                return i32::from(x) - i32::from(y);
            }
            at += 1;
        }
        0
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, count: usize) -> i32 {
        // SAFETY: as `memcmp`.
        unsafe { memcmp(a, b, count) }
    }
}
