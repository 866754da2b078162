//! Big-endian fields, taken from the front of a slice.

use crate::update::UpdateError;

/// What is left to read of some bytes.
pub(crate) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub fn bytes(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], UpdateError> {
        let missing = UpdateError::Truncated { field };
        let (taken, rest) = self.0.split_at_checked(count).ok_or(missing)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], UpdateError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(UpdateError::Truncated { field })?;
        self.0 = rest;
        Ok(*taken)
    }

    pub fn u8(&mut self, field: &'static str) -> Result<u8, UpdateError> {
        self.array(field).map(u8::from_be_bytes)
    }

    pub fn u16(&mut self, field: &'static str) -> Result<u16, UpdateError> {
        self.array(field).map(u16::from_be_bytes)
    }

    pub fn u32(&mut self, field: &'static str) -> Result<u32, UpdateError> {
        self.array(field).map(u32::from_be_bytes)
    }

    pub fn u64(&mut self, field: &'static str) -> Result<u64, UpdateError> {
        self.array(field).map(u64::from_be_bytes)
    }

    pub fn i32(&mut self, field: &'static str) -> Result<i32, UpdateError> {
        self.array(field).map(i32::from_be_bytes)
    }

    pub fn i64(&mut self, field: &'static str) -> Result<i64, UpdateError> {
        self.array(field).map(i64::from_be_bytes)
    }
}
