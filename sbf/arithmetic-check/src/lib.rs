//! A program that applies one operation to a list of pairs of 128-bit integers and returns the
//! results. Its test runs the same [`Operation::apply`] on the host and compares: what the
//! compiler, the linker and `sbf-builtins` make of 128-bit arithmetic is exact, or it fails.

/// Bytes of a pair: two little-endian 128-bit integers.
pub const PAIR_LEN: usize = 32;
/// Bytes of a result: 1 and a little-endian 128-bit integer, or 17 zeros where there is none.
pub const RESULT_LEN: usize = 17;
/// A program returns at most 1024 bytes.
pub const MAX_PAIRS: usize = 1024 / RESULT_LEN;

/// The first byte of the instruction's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Operation {
    /// The first operand unchanged: what the loop around the other operations costs.
    Nothing,
    Multiply,
    Divide,
    Remainder,
    DivideSigned,
    RemainderSigned,
    CheckedMultiply,
    CheckedMultiplySigned,
    /// The product of the low halves, in full.
    WideMultiply,
    /// The same with signs.
    WideMultiplySigned,
    /// The product of the low halves where it fits 64 bits, too.
    NarrowMultiply,
    /// The same with signs.
    NarrowMultiplySigned,
    CheckedAdd,
    CheckedSubtractSigned,
    ShiftLeft,
    ShiftRight,
    ShiftRightSigned,
}

impl Operation {
    pub const ALL: [Self; 17] = [
        Self::Nothing,
        Self::Multiply,
        Self::Divide,
        Self::Remainder,
        Self::DivideSigned,
        Self::RemainderSigned,
        Self::CheckedMultiply,
        Self::CheckedMultiplySigned,
        Self::WideMultiply,
        Self::WideMultiplySigned,
        Self::NarrowMultiply,
        Self::NarrowMultiplySigned,
        Self::CheckedAdd,
        Self::CheckedSubtractSigned,
        Self::ShiftLeft,
        Self::ShiftRight,
        Self::ShiftRightSigned,
    ];

    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }

    /// The result, or none where the operation has none: division by zero, overflow.
    #[inline(always)]
    pub fn apply(self, a: u128, b: u128) -> Option<u128> {
        let (signed_a, signed_b) = (a as i128, b as i128);
        match self {
            Self::Nothing => Some(a),
            Self::Multiply => Some(a.wrapping_mul(b)),
            Self::Divide => a.checked_div(b),
            Self::Remainder => a.checked_rem(b),
            Self::DivideSigned => signed_a.checked_div(signed_b).map(|q| q as u128),
            Self::RemainderSigned => signed_a.checked_rem(signed_b).map(|r| r as u128),
            Self::CheckedMultiply => a.checked_mul(b),
            Self::CheckedMultiplySigned => signed_a.checked_mul(signed_b).map(|p| p as u128),
            Self::WideMultiply => Some(u128::from(a as u64) * u128::from(b as u64)),
            Self::WideMultiplySigned => Some((i128::from(a as i64) * i128::from(b as i64)) as u128),
            Self::NarrowMultiply => (a as u64).checked_mul(b as u64).map(u128::from),
            Self::NarrowMultiplySigned => (a as i64).checked_mul(b as i64).map(|p| i128::from(p) as u128),
            Self::CheckedAdd => a.checked_add(b),
            Self::CheckedSubtractSigned => signed_a.checked_sub(signed_b).map(|d| d as u128),
            Self::ShiftLeft => Some(a << (b as u32 % 128)),
            Self::ShiftRight => Some(a >> (b as u32 % 128)),
            Self::ShiftRightSigned => Some((signed_a >> (b as u32 % 128)) as u128),
        }
    }
}

/// Applies the operation named by the first byte of `data` to every pair behind it and writes the
/// results; returns their length, or none where `data` or `results` has the wrong length.
pub fn run(data: &[u8], results: &mut [u8]) -> Option<usize> {
    let (operation, pairs) = data.split_first()?;
    let operation = Operation::from_byte(*operation)?;
    let results = results.get_mut(..pairs.len() / PAIR_LEN * RESULT_LEN)?;
    for (pair, result) in pairs.chunks_exact(PAIR_LEN).zip(results.chunks_exact_mut(RESULT_LEN)) {
        let (a, b) = pair.split_at(PAIR_LEN / 2);
        let a = u128::from_le_bytes(a.try_into().ok()?);
        let b = u128::from_le_bytes(b.try_into().ok()?);
        let outcome = operation.apply(a, b);
        result[0] = u8::from(outcome.is_some());
        result[1..].copy_from_slice(&outcome.unwrap_or_default().to_le_bytes());
    }
    Some(results.len())
}

#[cfg(target_os = "solana")]
mod entrypoint {
    use super::{run, MAX_PAIRS, RESULT_LEN};

    #[cfg(target_arch = "bpf")]
    use sbf_builtins as _;

    /// # Safety
    /// The runtime calls it with the serialized input of an instruction without accounts: the
    /// number of accounts, the length of the data, the data, the program's address.
    #[no_mangle]
    pub unsafe extern "C" fn entrypoint(input: *const u8) -> u64 {
        let accounts = input.cast::<u64>().read();
        if accounts != 0 {
            return 1;
        }
        let length = input.add(8).cast::<u64>().read() as usize;
        let data = core::slice::from_raw_parts(input.add(16), length);
        let mut results = [0; MAX_PAIRS * RESULT_LEN];
        let Some(length) = run(data, &mut results) else {
            return 2;
        };
        solana_define_syscall::definitions::sol_set_return_data(results.as_ptr(), length as u64);
        0
    }
}
