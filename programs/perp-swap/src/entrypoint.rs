//! How the program starts on chain: the only unsafe code of the program.
//!
//! `solana-program-entrypoint` reads what the loader wrote. Its macro `entrypoint!` asks for each account whether the
//! vector of them must grow, and takes every account apart again when the instruction is done, though the machine ends
//! then. Its other macro has room for 64 accounts and panics beyond, and Anchor's lifetimes do not fit it. The function
//! beneath both has none of this.

use anchor_lang::prelude::{AccountInfo, Pubkey};
use anchor_lang::solana_program::entrypoint::deserialize_into;

/// The program's own address, the accounts and the data of an instruction.
///
/// # Safety
/// `input` is what the loader passes to the entrypoint of a program: the number of accounts, the accounts, the length of
/// the data, the data and the program's address, in the loader's aligned layout; nothing else refers to it; and it
/// outlives `'a`.
unsafe fn read<'a>(input: *mut u8) -> (&'a Pubkey, Vec<AccountInfo<'a>>, &'a [u8]) {
    // SAFETY: the input begins with the number of accounts, eight bytes that it is aligned to. They are read, not kept.
    let count = unsafe { input.cast::<usize>().read() };
    let mut accounts = Vec::with_capacity(count);
    // SAFETY: the input is the loader's, as this function requires, too. There is room for as many accounts as it counts.
    let (program_id, count, data) = unsafe { deserialize_into(input, accounts.spare_capacity_mut()) };
    // SAFETY: `deserialize_into` wrote the first `count` elements, and would have panicked if there were not so many.
    unsafe { accounts.set_len(count) };
    (program_id, accounts, data)
}

#[cfg(target_os = "solana")]
mod on_chain {
    use anchor_lang::solana_program::entrypoint::{custom_heap_default, custom_panic_default, SUCCESS};

    /// What the loader calls.
    ///
    /// # Safety
    /// `input` is what the loader passes.
    #[no_mangle]
    pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
        // SAFETY: only the loader calls this, with an input that is the program's alone until it ends.
        let (program_id, accounts, data) = unsafe { super::read(input) };
        // Leaked, because nobody needs what taking the accounts apart would give back.
        match crate::process(program_id, accounts.leak(), data) {
            Ok(()) => SUCCESS,
            Err(error) => error.into(),
        }
    }

    custom_heap_default!();
    custom_panic_default!();
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::solana_program::entrypoint::{deserialize, MAX_PERMITTED_DATA_INCREASE};
    use std::rc::Rc;

    const PROGRAM: Pubkey = Pubkey::new_from_array([7; 32]);

    /// What the loader writes for an account, or which earlier one it is.
    enum Passed {
        Account { seed: u8, data: Vec<u8> },
        Again(u8),
    }

    /// An instruction's input, in words, so that it is aligned as the loader's.
    fn input(accounts: &[Passed], data: &[u8]) -> Vec<u64> {
        let mut bytes = accounts.len().to_le_bytes().to_vec();
        for account in accounts {
            match account {
                Passed::Account { seed, data } => {
                    // No duplicate, then flags, then four bytes of padding in which the loader keeps nothing.
                    bytes.extend([u8::MAX, seed & 1, seed >> 1 & 1, seed >> 2 & 1, 0, 0, 0, 0]);
                    bytes.extend([[*seed; 32], [!*seed; 32]].concat());
                    bytes.extend(u64::from(*seed).to_le_bytes());
                    bytes.extend(data.len().to_le_bytes());
                    bytes.extend(data);
                    bytes.extend([0; MAX_PERMITTED_DATA_INCREASE]);
                    bytes.resize(bytes.len().next_multiple_of(8), 0);
                    bytes.extend(u64::MAX.to_le_bytes());
                }
                Passed::Again(index) => bytes.extend([*index, 0, 0, 0, 0, 0, 0, 0]),
            }
        }
        bytes.extend(data.len().to_le_bytes());
        bytes.extend(data);
        bytes.extend(PROGRAM.to_bytes());
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect()
    }

    fn account(seed: u8, length: usize) -> Passed {
        Passed::Account { seed, data: vec![seed; length] }
    }

    /// The accounts and the data are those that the library's own entrypoint reads from a copy.
    fn check(accounts: &[Passed], data: &[u8]) {
        let (mut ours, mut theirs) = (input(accounts, data), input(accounts, data));
        // SAFETY: both are laid out as by the loader, referred to by nothing else, and dropped after what is read.
        let (program_id, found, found_data) = unsafe { read(ours.as_mut_ptr().cast()) };
        let (_, expected, expected_data) = unsafe { deserialize(theirs.as_mut_ptr().cast()) };
        assert_eq!((program_id, found_data), (&PROGRAM, expected_data));
        assert_eq!(found.len(), accounts.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!((found.key, found.owner, found.lamports()), (expected.key, expected.owner, expected.lamports()));
            assert_eq!(*found.data.borrow(), *expected.data.borrow());
            assert_eq!(
                (found.is_signer, found.is_writable, found.executable),
                (expected.is_signer, expected.is_writable, expected.executable)
            );
        }
        for (place, passed) in accounts.iter().enumerate() {
            if let Passed::Again(first) = passed {
                let first = &found[usize::from(*first)];
                assert!(
                    Rc::ptr_eq(&found[place].data, &first.data) && Rc::ptr_eq(&found[place].lamports, &first.lamports)
                );
            }
        }
    }

    #[test]
    fn an_instruction_is_read_as_the_library_reads_it() {
        check(&[], &[]);
        check(&[], &[1; 8]);
        for length in [0, 1, 7, 8, 9, 1_464, 2_104] {
            check(&[account(1, length), account(6, 8), account(3, length)], &vec![5; length]);
        }
    }

    #[test]
    fn an_account_passed_twice_is_one_account() {
        check(&[account(1, 3), Passed::Again(0), account(2, 8), Passed::Again(2), Passed::Again(0)], &[1]);
        let mut input = input(&[account(2, 8), Passed::Again(0)], &[]);
        // SAFETY: as above.
        let (_, accounts, _) = unsafe { read(input.as_mut_ptr().cast()) };
        let held = accounts[0].try_borrow_mut_data().unwrap();
        assert!(accounts[1].try_borrow_data().is_err(), "what one writes the other cannot read");
        drop(held);
        accounts[1].try_borrow_mut_data().unwrap().fill(9);
        assert_eq!(accounts[0].try_borrow_data().unwrap()[..], [9; 8]);
    }

    #[test]
    fn there_is_room_for_as_many_accounts_as_the_runtime_passes() {
        for count in [63, 64, 65, 254, 255] {
            let mut accounts: Vec<Passed> = (0..12).map(|seed| account(seed, 16)).collect();
            accounts.extend((12..count).map(|place: u8| Passed::Again(place % 12)));
            check(&accounts, &[1; 24]);
        }
    }

    #[test]
    fn an_account_grows_by_ten_kibibytes_and_no_more() {
        let mut input = input(&[account(2, 100), account(4, 1)], &[]);
        // SAFETY: as above.
        let (_, accounts, _) = unsafe { read(input.as_mut_ptr().cast()) };
        let longest = 100 + MAX_PERMITTED_DATA_INCREASE;
        assert!(accounts[0].resize(longest + 1).is_err());
        accounts[0].resize(longest).unwrap();
        // By steps it grows no further: what counts is the length it came with.
        assert!(accounts[0].resize(longest + 1).is_err());
        accounts[0].try_borrow_mut_data().unwrap().fill(u8::MAX);
        assert_eq!(
            (accounts[1].lamports(), accounts[1].try_borrow_data().unwrap()[0]),
            (4, 4),
            "the next is untouched"
        );
        accounts[0].resize(0).unwrap();
        assert!(accounts[0].data_is_empty());
    }
}
