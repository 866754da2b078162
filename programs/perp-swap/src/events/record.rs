use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::{instruction::Instruction, program::invoke_signed};

/// Longest event that is recorded, in bytes; a longer one would only cost a second allocation.
const LENGTH: usize = 768;

/// Records an event as the data of a call of the program by itself. A validator keeps no more than 10 000 bytes of a
/// transaction's log, so another program in it can have an event cut; inner instructions it keeps in full. The bytes are
/// those of Anchor's `emit_cpi!`, which copies them one at a time.
pub fn record<E: AnchorSerialize + Discriminator>(event: &E, authority: &AccountInfo<'_>) -> Result<()> {
    let mut data = Vec::with_capacity(LENGTH);
    data.extend_from_slice(EVENT_IX_TAG_LE);
    data.extend_from_slice(E::DISCRIMINATOR);
    event.serialize(&mut data)?;
    let accounts = vec![AccountMeta::new_readonly(*authority.key, true)];
    let instruction = Instruction { program_id: crate::ID, accounts, data };
    let bump = [crate::EVENT_AUTHORITY_AND_BUMP.1];
    invoke_signed(&instruction, std::slice::from_ref(authority), &[&[b"__event_authority", &bump]])?;
    Ok(())
}
