//! How events leave the program: nearly all in the log, three in calls of the program by itself.

use super::*;
use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::log::sol_log_data;
use anchor_lang::solana_program::{instruction::Instruction, program::invoke_signed};
use std::io::{self, Write};

/// Longest event that is recorded, with what stands before it, in bytes.
const RECORDED: usize = 768;

/// An event that is logged. Its length is fixed.
pub trait Logged {
    /// Logs it: see [`log`].
    ///
    /// # Errors
    /// Borsh's where it is longer than the buffer, which none is.
    fn log(&self) -> Result<()>;
}

/// Logs an event. The bytes are those of Anchor's `emit!`, which collects them in a vector: there every field asks
/// whether it must grow. The buffer of an event that is logged is as long as the event, so the compiler knows where in
/// it each field goes.
///
/// # Errors
/// Borsh's for an event longer than its buffer, which none is.
pub fn log(event: &impl Logged) -> Result<()> {
    event.log()
}

macro_rules! logged {
    ($($event:ident)+) => {
        $(impl Logged for $event {
            fn log(&self) -> Result<()> {
                // Padding only adds to what Borsh writes of fields of a fixed length.
                let mut buffer = [0; 8 + size_of::<$event>()];
                let length = write(&[], self, &mut buffer)?;
                sol_log_data(&[buffer.get(..length).unwrap_or_default()]);
                Ok(())
            }
        })+

        #[cfg(test)]
        const LOGGED: &[(&str, usize, fn() -> usize)] =
            &[$((stringify!($event), size_of::<$event>(), tests::longest::<$event>)),+];
    };
}

logged! {
    AccountClosed AccountOpened AdminAccepted AdminProposed BackingAllocated BackingTargetSet ClaimRedeemed ClaimWaived
    ClaimsFunded DelegateSet Deposited EpochClosed ExchangeCreated ExchangeStatusSet FundingSettled FundingUpdated InsuranceFunded
    LiquidityPaid LiquidityRequested MarketCreated MarketDelisted MarketStatusSet MarketValued OracleOutageReported
    OrderArmed OrderPlaced OrderSwept OrdersClosed OrdersOpened OrdersPlaced PriceUpdated ProfitSettled ProtocolFeesWithdrawn RolesSet SecondPriceUpdated SettlementBegun SolvencyAttested
    Traded Withdrawn
}

/// Records an event as the data of a call of the program by itself. A validator keeps no more than 10 000 bytes of a
/// transaction's log, so another program in it can have an event cut; inner instructions it keeps in full. The bytes are
/// those of Anchor's `emit_cpi!`.
///
/// # Errors
/// Borsh's for an event that is too long, which none is; those of the call.
pub fn record<E: AnchorSerialize + Discriminator>(event: &E, authority: &AccountInfo<'_>) -> Result<()> {
    // Of a buffer on the stack the compiler knows where in it each field goes, as for what is logged.
    let mut buffer = [0; RECORDED];
    let length = write(EVENT_IX_TAG_LE, event, &mut buffer)?;
    let data = buffer.get(..length).unwrap_or_default().to_vec();
    let accounts = vec![AccountMeta::new_readonly(*authority.key, true)];
    let instruction = Instruction { program_id: crate::ID, accounts, data };
    let bump = [crate::EVENT_AUTHORITY_AND_BUMP.1];
    invoke_signed(&instruction, std::slice::from_ref(authority), &[&[b"__event_authority", &bump]])?;
    Ok(())
}

/// Writes a tag and an event to the beginning of the buffer. Returns their length.
fn write<E: AnchorSerialize + Discriminator>(tag: &[u8], event: &E, buffer: &mut [u8]) -> Result<usize> {
    let mut rest = Rest(buffer);
    rest.write_all(tag)?;
    rest.write_all(E::DISCRIMINATOR)?;
    event.serialize(&mut rest)?;
    let unused = rest.0.len();
    Ok(buffer.len().saturating_sub(unused))
}

/// What is left of a buffer.
struct Rest<'a>(&'a mut [u8]);

impl Write for Rest<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    // Whoever writes a field knows its length, and so where the next one goes, if this stands in its place.
    #[inline(always)]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (place, rest) =
            std::mem::take(&mut self.0).split_at_mut_checked(bytes.len()).ok_or(io::ErrorKind::WriteZero)?;
        place.copy_from_slice(bytes);
        self.0 = rest;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::Event;

    /// An event from bytes that are all the same. Of ones numbers are large, options hold something and enumerations know
    /// the value; of zeros nothing is in it.
    fn of<E: AnchorDeserialize>(byte: u8) -> E {
        E::deserialize(&mut &[byte; RECORDED][..]).unwrap()
    }

    pub(super) fn longest<E: AnchorDeserialize + AnchorSerialize>() -> usize {
        let mut bytes = Vec::new();
        of::<E>(1).serialize(&mut bytes).unwrap();
        bytes.len()
    }

    #[test]
    fn every_logged_event_fits_into_its_buffer() {
        for (name, memory, longest) in LOGGED {
            assert!(longest() <= *memory, "{name} has {} bytes, its buffer {memory}", longest());
        }
        assert_eq!(LOGGED.len(), 39, "all events but the three that are recorded");
    }

    #[test]
    fn what_is_written_is_what_anchor_emits() {
        let event: Traded = of(1);
        let mut buffer = [0; RECORDED];
        let length = write(&[], &event, &mut buffer).unwrap();
        assert_eq!(buffer[..length], event.data());
        let length = write(EVENT_IX_TAG_LE, &event, &mut buffer).unwrap();
        assert_eq!(buffer[..length], [EVENT_IX_TAG_LE, &event.data()].concat());
    }

    #[test]
    fn an_event_longer_than_its_buffer_is_an_error() {
        let event: AccountClosed = of(1);
        let whole = event.data().len();
        for length in 0..whole {
            assert!(write(&[], &event, &mut [0; RECORDED][..length]).is_err(), "{length} of {whole} bytes");
        }
        assert_eq!(write(&[], &event, &mut [0; RECORDED][..whole]), Ok(whole));
    }

    #[test]
    fn the_recorded_events_fit_into_their_buffer() {
        write(EVENT_IX_TAG_LE, &of::<BankruptcyResolved>(1), &mut [0; RECORDED]).unwrap();
        write(EVENT_IX_TAG_LE, &of::<Liquidated>(1), &mut [0; RECORDED]).unwrap();
        write(EVENT_IX_TAG_LE, &of::<OrderExecuted>(1), &mut [0; RECORDED]).unwrap();
    }
}
