//! Hashes of secrets that come out the same each time: for passwords, and for checksums.
//!
//! Each takes as long to try out as the hash that is stored: a salt or a checksum that a fast hash
//! made of a password would let whoever reads the database try passwords out by that instead.

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest, Sha256};

use crate::sql::Checksum;

/// What Argon2id costs, as OWASP's Password Storage Cheat Sheet has it: 19 MiB, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// What bcrypt costs: 2 to the power of this many rounds.
const BCRYPT_COST: u32 = 12;
/// How long the hashes are, in characters.
const ARGON2_LENGTH: usize = 97;
const BCRYPT_LENGTH: usize = 60;

/// Returns a password's hash as Argon2id writes it: `$argon2id$v=19$m=19456,t=2,p=1$…`.
pub(super) fn argon2(value: &str, identity: &str) -> Result<String, String> {
    let salt = salt("argon2", identity, value)?;
    hasher()
        .hash_password_with_salt(value.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| error.to_string())
}

/// Returns a password's hash as bcrypt writes it: `$2b$12$…`. More than 72 bytes are an error, since
/// bcrypt would not look at the rest.
pub(super) fn bcrypt(value: &str, identity: &str) -> Result<String, String> {
    let salt = salt("bcrypt", identity, value)?;
    bcrypt::non_truncating_hash_with_salt(value, BCRYPT_COST, salt)
        .map(|hash| hash.format_for_version(bcrypt::Version::TwoB))
        .map_err(|error| match error {
            bcrypt::BcryptError::Truncation(_) => "bcrypt takes up to 71 bytes".to_owned(),
            other => other.to_string(),
        })
}

/// Returns the checksum of a text that may hold secrets, for one seed of one database.
pub(super) fn checksum(text: Checksum, identity: &str, name: &str) -> Result<Checksum, String> {
    let salt = pepper("checksum", &format!("{identity}\0{name}"));
    let mut made = [0; 32];
    hasher()
        .hash_password_into(text.to_string().as_bytes(), &salt, &mut made)
        .map_err(|error| error.to_string())?;
    Ok(Checksum::from_bytes(made))
}

/// Returns what stands for a hash where only its sameness and its length count, which takes no time.
pub(super) fn stand_in(method: &str, value: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(method);
    hasher.update([0]);
    hasher.update(value);
    let digits = Checksum::from_bytes(hasher.finalize().into()).to_string();
    let length = if method == "bcrypt" {
        BCRYPT_LENGTH
    } else {
        ARGON2_LENGTH
    };
    digits.chars().cycle().take(length).collect()
}

fn salt(method: &str, identity: &str, value: &str) -> Result<[u8; 16], String> {
    let mut salt = [0; 16];
    hasher()
        .hash_password_into(value.as_bytes(), &pepper(method, identity), &mut salt)
        .map_err(|error| error.to_string())?;
    Ok(salt)
}

/// Returns what no secret is a part of: it keeps databases and purposes apart.
fn pepper(purpose: &str, identity: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update("dieselkit seed ");
    hasher.update(purpose);
    hasher.update([0]);
    hasher.update(identity);
    hasher.finalize().into()
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the costs are in bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier;
    use argon2::password_hash::phc::PasswordHash;

    use super::*;

    #[test]
    fn a_hash_is_the_same_again_and_another_in_another_database() {
        for hash in [argon2, bcrypt] {
            let first = hash("let me in", "one").expect("it hashes");
            assert_eq!(hash("let me in", "one"), Ok(first.clone()));
            assert_ne!(hash("let me in", "two"), Ok(first.clone()));
            let salt = |hash: &str| hash.split('$').nth(4).map(str::to_owned);
            let other = hash("let me on", "one").expect("it hashes");
            assert_ne!(salt(&other).or(Some(other)), salt(&first).or(Some(first)));
        }
        for (method, hash) in [("argon2", argon2 as fn(_, _) -> _), ("bcrypt", bcrypt)] {
            let hash: String = hash("let me in", "one").expect("it hashes");
            assert_eq!(hash.len(), stand_in(method, "let me in").len());
        }
    }

    #[test]
    fn hashes_are_verified_by_what_programs_use() {
        let made = argon2("pässword", "one").expect("it hashes");
        assert!(
            made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{made}"
        );
        let parsed = PasswordHash::new(&made).expect("it is one");
        assert!(
            Argon2::default()
                .verify_password("pässword".as_bytes(), &parsed)
                .is_ok()
        );
        assert!(
            Argon2::default()
                .verify_password(b"password", &parsed)
                .is_err()
        );
        let made = bcrypt("pässword", "one").expect("it hashes");
        assert!(made.starts_with("$2b$12$"), "{made}");
        assert!(bcrypt::verify("pässword", &made).expect("it is one"));
    }

    #[test]
    fn bcrypt_refuses_what_it_would_cut_off() {
        assert!(bcrypt(&"x".repeat(71), "one").is_ok());
        assert_eq!(
            bcrypt(&"x".repeat(72), "one"),
            Err("bcrypt takes up to 71 bytes".to_owned())
        );
    }
}
