pub mod oracle_account;
