//! What `sbf/i128.ll` calls: the operands as 64-bit halves, the result through a pointer, because
//! that is the convention rustc and LLVM agree on. The optimizer inlines all of it.
use {
    crate::arithmetic::{divide, divide_signed, join, multiply},
    core::hint::assert_unchecked,
};

macro_rules! symbol {
    ($(#[$docs:meta])* $name:ident, |$a:ident, $b:ident| $(where $divisor:ident != 0,)? $result:expr) => {
        $(#[$docs])*
        ///
        /// # Safety
        /// `out` points to 16 writable bytes, aligned to 8.
        #[no_mangle]
        pub unsafe extern "C" fn $name(out: *mut [u64; 2], a_low: u64, a_high: u64, b_low: u64, b_high: u64) {
            let ($a, $b) = (join(a_low, a_high), join(b_low, b_high));
            $(
                // SAFETY: LLVM's division by zero is undefined, so rustc tests the divisor before.
                assert_unchecked($divisor != 0);
            )?
            let result: u128 = $result;
            *out = [result as u64, (result >> 64) as u64];
        }
    };
}

symbol! {
    /// `a * b`, wrapping.
    sbf_multi3, |a, b| multiply(a, b)
}
symbol! {
    /// `a / b`.
    sbf_udivti3, |a, b| where b != 0, divide(a, b).0
}
symbol! {
    /// `a % b`.
    sbf_umodti3, |a, b| where b != 0, divide(a, b).1
}
symbol! {
    /// `a / b` on two's complement numbers.
    sbf_divti3, |a, b| where b != 0, divide_signed(a as i128, b as i128).0 as u128
}
symbol! {
    /// `a % b` on two's complement numbers.
    sbf_modti3, |a, b| where b != 0, divide_signed(a as i128, b as i128).1 as u128
}
