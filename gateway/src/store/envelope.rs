//! A document with its checksum, as one JSON object: `{"crc32":"…","data":…}`.

const HEAD: &[u8] = br#"{"crc32":""#;
const MIDDLE: &[u8] = br#"","data":"#;
const TAIL: &[u8] = b"}\n";

/// Wraps `body`, which is JSON.
pub(super) fn seal(body: &[u8]) -> Vec<u8> {
    let sum = format!("{:08x}", crc32(body));
    [HEAD, sum.as_bytes(), MIDDLE, body, TAIL].concat()
}

/// What tells one body from another: checksum and length.
pub(super) fn print(body: &[u8]) -> (u32, usize) {
    (crc32(body), body.len())
}

/// The body of a whole envelope.
///
/// # Errors
/// What is wrong with it.
pub(super) fn open(content: &[u8]) -> Result<&[u8], &'static str> {
    if content.is_empty() {
        return Err("it is empty");
    }
    let rest = content
        .strip_prefix(HEAD)
        .ok_or("it does not begin as it should")?;
    let (sum, rest) = rest.split_at_checked(8).ok_or("it is cut short")?;
    let rest = rest
        .strip_prefix(MIDDLE)
        .ok_or("it does not begin as it should")?;
    let body = rest.strip_suffix(TAIL).ok_or("it is cut short")?;
    let sum = std::str::from_utf8(sum)
        .ok()
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .ok_or("its checksum is unreadable")?;
    if sum == crc32(body) {
        Ok(body)
    } else {
        Err("its checksum is wrong")
    }
}

/// CRC-32 as in Ethernet and zip, four bits at a time: small, and fast enough for documents.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = table();
    let step = |crc: u32, bits: u32| (crc >> 4) ^ TABLE[((crc ^ bits) & 15) as usize];
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        let byte = u32::from(*byte);
        step(step(crc, byte), byte >> 4)
    });
    !crc
}

const fn table() -> [u32; 16] {
    let mut table = [0; 16];
    let mut number = 0_u32;
    while number < 16 {
        let mut crc = number;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
            bit += 1;
        }
        table[number as usize] = crc;
        number += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_common_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn an_envelope_is_json_and_opens_only_whole() {
        let body = br#"{"devices":[]}"#;
        let sealed = seal(body);
        assert!(serde_json::from_slice::<serde_json::Value>(&sealed).is_ok());
        assert_eq!(open(&sealed), Ok(&body[..]));
        for end in 0..sealed.len() {
            assert!(open(&sealed[..end]).is_err(), "{end}");
        }
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut garbled = sealed.clone();
                garbled[at] ^= 1 << bit;
                // Hexadecimal digits in capitals are the same sum.
                if !garbled.eq_ignore_ascii_case(&sealed) {
                    assert!(open(&garbled).is_err(), "byte {at} bit {bit}");
                }
            }
        }
    }
}
