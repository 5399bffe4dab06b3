//! Chance that is the same for the same seed: each value has its own, whatever else is made up.
//!
//! Pure.

use fake::rand::SeedableRng;
use fake::rand::rngs::SmallRng;

/// What a value's chance depends on beside the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chance {
    state: u64,
}

impl Chance {
    /// Returns the chance of a seed.
    pub(super) fn of(seed: u64) -> Self {
        Self { state: mixed(seed) }
    }

    /// Returns the chance of something that has a name.
    pub(super) fn named(self, name: &str) -> Self {
        self.numbered(hash(name))
    }

    /// Returns the chance of something that has a number.
    pub(super) fn numbered(self, number: u64) -> Self {
        Self {
            state: mixed(self.state ^ mixed(number)),
        }
    }

    /// Returns the source of what is left to it.
    pub(super) fn random(self) -> SmallRng {
        SmallRng::seed_from_u64(self.state)
    }
}

/// Mixes a number's bits, no two numbers to the same one.
/// Sebastiano Vigna's `SplitMix64`, <https://prng.di.unimi.it/splitmix64.c>.
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Returns a number for a text, the same in every build: FNV-1a of 64 bits.
/// <http://www.isthe.com/chongo/tech/comp/fnv/>
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
