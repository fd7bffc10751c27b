//! Scales.

use super::object::Object;

/// Object 0x4e16: profile u8 | weight u32, 10 g | time u32. Sent once the weight is final.
pub(super) fn s200(o: &mut Object<'_>) {
    let weight = o.unsigned(1, 4);
    if weight == 0 {
        return;
    }
    o.put("weight", f64::from(weight) / 100.0);
    o.put("stabilized", true);
    o.put("profile_id", o.first());
}

/// Object 0x6e16: profile u8 | weight (11 bits, 100 g), heart rate (7), impedance (14, 0.1 Ω) |
/// time u32. A measurement takes three frames: weight with the low-frequency impedance, then the
/// high-frequency impedance alone, then nothing when the person has stepped off.
pub(super) fn s400(o: &mut Object<'_>) {
    let packed = o.unsigned(1, 4);
    let (weight, heart, impedance) = (packed & 0x7ff, packed >> 11 & 0x7f, packed >> 18);
    // The bigger model says "no weight" with all bits.
    let weight = if weight == 0x7ff { 0 } else { weight };
    let ohms = f64::from(impedance) / 10.0;
    o.put("profile_id", o.first());
    if weight != 0 {
        o.put("weight", f64::from(weight) / 10.0);
    }
    if (1..127).contains(&heart) {
        o.put("heart_rate", heart + 50);
    }
    let stable = match (weight, heart, impedance) {
        (0, 0, 0) => false,
        (0, 0, _) => {
            o.put("impedance_high", ohms);
            true
        }
        (_, _, 0) => true,
        _ => {
            o.put("impedance_low", ohms);
            false
        }
    };
    o.put("stabilized", stable);
}
