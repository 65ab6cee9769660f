// Crashes deep in its stack, in a thread.
use std::thread;

#[inline(never)]
fn deep(n: u32) -> u32 {
    if n == 0 {
        unsafe { std::ptr::read_volatile(8 as *const u32) }
    } else {
        deep(n - 1) + n
    }
}

fn main() {
    let bulk = vec![5u8; 8 << 20];
    thread::spawn(|| println!("{}", deep(30))).join().unwrap();
    println!("{}", bulk.len());
}
