//! Whether a key is the right one, by an advert that was really heard.

use super::{Advert, BindKey, DecodeError, decode};

/// What an advert says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It opens the advert.
    Right,
    /// It does not.
    Wrong,
    /// 12 bytes where 16 are needed: a token, or a key of the oldest devices.
    Token,
    /// The advert is readable without one.
    NotNeeded,
    /// The advert says nothing either way.
    Unclear,
}

/// Tries `key` on `advert`.
#[must_use]
pub fn check(advert: &Advert, key: &BindKey) -> Verdict {
    match decode(advert, None) {
        Err(DecodeError::KeyMissing) => match decode(advert, Some(key)) {
            Err(DecodeError::KeyWrong | DecodeError::KeyMissing) => Verdict::Wrong,
            Err(DecodeError::Token) => Verdict::Token,
            // Opened, whatever was in it.
            Ok(_) => Verdict::Right,
            // Too short, or (the oldest encryption has no tag) opened to something unknown.
            Err(_) => Verdict::Unclear,
        },
        Ok(reading) if !reading.changes.is_empty() => Verdict::NotNeeded,
        _ => Verdict::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_does_one_of_the_encryption_without_a_tag() {
        let dimmer = Advert::from_json(
            r#"{"address":"F8:24:41:C5:98:8B","service_data":{"fe95":"5830b603d28b98c54124f8c3491476757e00000099"}}"#,
        )
        .unwrap();
        let says = |key: &str| check(&dimmer, &key.parse().unwrap());
        assert_eq!(says("b853075158487ca39a5b5ea9"), Verdict::Right);
        assert_eq!(says("b853075158488d3d3c977ca39a5b5ea9"), Verdict::Right);
        assert_eq!(says("b853075158487ca39a5b5ea8"), Verdict::Wrong);
        let cut = Advert::from_json(
            r#"{"address":"F8:24:41:C5:98:8B","service_data":{"fe95":"5830b603d28b98c54124f8c349"}}"#,
        )
        .unwrap();
        let key = "b853075158487ca39a5b5ea9".parse().unwrap();
        assert_eq!(check(&cut, &key), Verdict::Unclear);
    }

    #[test]
    fn an_advert_knows_its_key() {
        let shut = Advert::from_json(
            r#"{"address":"A4:C1:38:02:83:F4","service_data":{"fe95":"58585b0550f4830238c1a495ef58763c26000097e2abb5"}}"#,
        )
        .unwrap();
        let plain = Advert::from_json(
            r#"{"address":"A4:C1:38:B4:94:4C","service_data":{"fe95":"50305b04034c94b438c1a40d10041001ea01"}}"#,
        )
        .unwrap();
        let right = "e9ea895fac7cca6d30532432a516f3a8".parse().unwrap();
        let wrong = "e9ea895fac7cca6d30532432a516f3a9".parse().unwrap();
        let token = "e9ea895fac7cca6d30532432".parse().unwrap();
        assert_eq!(check(&shut, &right), Verdict::Right);
        assert_eq!(check(&shut, &wrong), Verdict::Wrong);
        assert_eq!(check(&shut, &token), Verdict::Token);
        assert_eq!(check(&plain, &right), Verdict::NotNeeded);
        assert_eq!(check(&Advert::default(), &right), Verdict::Unclear);
    }
}
