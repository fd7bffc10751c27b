//! Messages on ubus' socket: eight bytes of header, then one attribute that holds the others.

use nom::Parser;
use nom::number::complete::{be_u16, be_u32, u8 as byte};

use super::blob::{self, BlobError, Member};

/// Header and first word: what is needed to know how long a message is.
pub const HEAD: usize = 12;
/// The largest message that ubusd forwards.
pub const LARGEST: usize = 1 << 20;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// ubusd greets a client.
    Hello = 0,
    /// A request has come to its end.
    Status = 1,
    /// A part of an answer.
    Data = 2,
    /// Are you there?
    Ping = 3,
    /// Which objects are there?
    Lookup = 4,
    /// Calls a method.
    Invoke = 5,
    /// Publishes an object.
    AddObject = 6,
    /// Takes it back.
    RemoveObject = 7,
    /// Wants an object's notifications.
    Subscribe = 8,
    /// Wants them no longer.
    Unsubscribe = 9,
    /// A notification.
    Notify = 10,
    /// For `ubus monitor`.
    Monitor = 11,
}

const KINDS: [Kind; 12] = [
    Kind::Hello,
    Kind::Status,
    Kind::Data,
    Kind::Ping,
    Kind::Lookup,
    Kind::Invoke,
    Kind::AddObject,
    Kind::RemoveObject,
    Kind::Subscribe,
    Kind::Unsubscribe,
    Kind::Notify,
    Kind::Monitor,
];

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Well.
    Ok = 0,
    /// ubusd knows no such command.
    InvalidCommand = 1,
    /// An argument is missing or wrong.
    InvalidArgument = 2,
    /// The object has no such method.
    MethodNotFound = 3,
    /// What it was about is not there.
    NotFound = 4,
    /// There is no answer.
    NoData = 5,
    /// The caller may not.
    PermissionDenied = 6,
    /// It took too long.
    Timeout = 7,
    /// Not here.
    NotSupported = 8,
    /// Otherwise.
    UnknownError = 9,
    /// The other side is away.
    ConnectionFailed = 10,
    /// Too much at once.
    NoMemory = 11,
    /// It could not be read.
    ParseError = 12,
    /// The system said no.
    SystemError = 13,
}

const STATUSES: [Status; 14] = [
    Status::Ok,
    Status::InvalidCommand,
    Status::InvalidArgument,
    Status::MethodNotFound,
    Status::NotFound,
    Status::NoData,
    Status::PermissionDenied,
    Status::Timeout,
    Status::NotSupported,
    Status::UnknownError,
    Status::ConnectionFailed,
    Status::NoMemory,
    Status::ParseError,
    Status::SystemError,
];

impl Status {
    /// Of its number; an unknown one is [`Status::UnknownError`].
    #[must_use]
    pub fn of(number: u32) -> Self {
        usize::try_from(number)
            .ok()
            .and_then(|at| STATUSES.get(at).copied())
            .unwrap_or(Self::UnknownError)
    }
}

/// What identifies a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What it is; none: of a newer ubus.
    pub kind: Option<Kind>,
    /// Ties answers to requests.
    pub seq: u16,
    /// The client it comes from or goes to, or the object.
    pub peer: u32,
    /// Bytes of attributes that follow the head.
    pub length: usize,
}

impl Header {
    /// Reads the first [`HEAD`] bytes.
    ///
    /// # Errors
    /// What is wrong: then nothing that follows can be understood.
    pub fn read(head: &[u8]) -> Result<Self, BlobError> {
        let read: Result<_, nom::Err<nom::error::Error<&[u8]>>> =
            (byte, byte, be_u16, be_u32, be_u32).parse(head);
        let (_, (version, kind, seq, peer, word)) =
            read.map_err(|_| BlobError::Short("a header"))?;
        if version != 0 {
            return Err(BlobError::Type(version));
        }
        let length = (word & 0x00ff_ffff)
            .checked_sub(4)
            .ok_or(BlobError::Length("a message"))?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length + 4 > LARGEST {
            return Err(BlobError::Length("a message"));
        }
        Ok(Self {
            kind: KINDS.get(usize::from(kind)).copied(),
            seq,
            peer,
            length,
        })
    }
}

/// The attributes of a message, as far as a client needs them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body<'a> {
    /// How a request ended.
    pub status: Option<u32>,
    /// An object's name.
    pub path: Option<&'a str>,
    /// An object's number.
    pub object: Option<u32>,
    /// A method's name.
    pub method: Option<&'a str>,
    /// The number of an object's type.
    pub kind: Option<u32>,
    /// Methods and their arguments: a table, not looked into.
    pub signature: Option<&'a [u8]>,
    /// Arguments or an answer: a table, not looked into.
    pub data: Option<&'a [u8]>,
    /// The caller wants no answer.
    pub no_reply: bool,
    /// The caller's user.
    pub user: Option<&'a str>,
    /// The caller's group.
    pub group: Option<&'a str>,
}

mod id {
    pub(super) const STATUS: u8 = 1;
    pub(super) const PATH: u8 = 2;
    pub(super) const OBJECT: u8 = 3;
    pub(super) const METHOD: u8 = 4;
    pub(super) const KIND: u8 = 5;
    pub(super) const SIGNATURE: u8 = 6;
    pub(super) const DATA: u8 = 7;
    pub(super) const NO_REPLY: u8 = 10;
    pub(super) const USER: u8 = 12;
    pub(super) const GROUP: u8 = 13;
}

impl<'a> Body<'a> {
    /// Reads what follows the head. Attributes that are not known are left out.
    ///
    /// # Errors
    /// What is wrong.
    pub fn read(mut content: &'a [u8]) -> Result<Self, BlobError> {
        let mut body = Self::default();
        while !content.is_empty() {
            let (rest, attribute) = blob::attribute(content)?;
            let text = |name| blob::text(attribute.content, name).map(Some);
            let number = |name| match <[u8; 4]>::try_from(attribute.content) {
                Ok(bytes) => Ok(Some(u32::from_be_bytes(bytes))),
                Err(_) => Err(BlobError::Length(name)),
            };
            match attribute.id {
                id::STATUS => body.status = number("the status")?,
                id::PATH => body.path = text("the object's name")?,
                id::OBJECT => body.object = number("the object's number")?,
                id::METHOD => body.method = text("the method's name")?,
                id::KIND => body.kind = number("the object's type")?,
                id::SIGNATURE => body.signature = Some(attribute.content),
                id::DATA => body.data = Some(attribute.content),
                id::NO_REPLY => body.no_reply = attribute.content.iter().any(|byte| *byte != 0),
                id::USER => body.user = text("the user")?,
                id::GROUP => body.group = text("the group")?,
                _ => {}
            }
            content = rest;
        }
        Ok(body)
    }

    /// Appends the message of this body to `out`.
    pub fn write(&self, out: &mut Vec<u8>, kind: Kind, seq: u16, peer: u32) {
        out.extend([0, kind as u8]);
        out.extend(seq.to_be_bytes());
        out.extend(peer.to_be_bytes());
        blob::put(out, 0, |out| {
            let number = |out: &mut Vec<u8>, id, number: Option<u32>| {
                if let Some(number) = number {
                    blob::put(out, id, |out| out.extend(number.to_be_bytes()));
                }
            };
            let text = |out: &mut Vec<u8>, id, text: Option<&str>| {
                if let Some(text) = text {
                    blob::put(out, id, |out| blob::put_text(out, text));
                }
            };
            let bytes = |out: &mut Vec<u8>, id, bytes: Option<&[u8]>| {
                if let Some(bytes) = bytes {
                    blob::put(out, id, |out| out.extend(bytes));
                }
            };
            number(out, id::STATUS, self.status);
            text(out, id::PATH, self.path);
            number(out, id::OBJECT, self.object);
            text(out, id::METHOD, self.method);
            number(out, id::KIND, self.kind);
            bytes(out, id::SIGNATURE, self.signature);
            bytes(out, id::DATA, self.data);
            if self.no_reply {
                blob::put(out, id::NO_REPLY, |out| out.push(1));
            }
            text(out, id::USER, self.user);
            text(out, id::GROUP, self.group);
        });
    }
}

/// The bytes of a table, for [`Body::data`] and [`Body::signature`].
#[must_use]
pub fn table(members: &[Member]) -> Vec<u8> {
    let mut bytes = Vec::new();
    blob::put_table(&mut bytes, members);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes out of a socket, read whole.
    fn read(bytes: &[u8]) -> Result<(Header, Body<'_>), BlobError> {
        let header = Header::read(bytes)?;
        let content = bytes
            .get(HEAD..HEAD + header.length)
            .ok_or(BlobError::Short("a message"))?;
        Ok((header, Body::read(content)?))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            kind in 0usize..12,
            seq: u16,
            peer: u32,
            status in prop::option::of(any::<u32>()),
            object in prop::option::of(any::<u32>()),
            path in prop::option::of("[^\0]{0,20}"),
            method in prop::option::of("[^\0]{0,20}"),
            user in prop::option::of("[^\0]{0,20}"),
            data in prop::option::of(prop::collection::vec(any::<u8>(), 0..40)),
            no_reply: bool,
        ) {
            let body = Body {
                status, object, no_reply,
                path: path.as_deref(),
                method: method.as_deref(),
                user: user.as_deref(),
                data: data.as_deref(),
                ..Body::default()
            };
            let mut bytes = Vec::new();
            body.write(&mut bytes, KINDS[kind], seq, peer);
            let (header, again) = read(&bytes).unwrap();
            prop_assert_eq!(header.length + HEAD, bytes.len());
            prop_assert_eq!((header.kind, header.seq, header.peer), (Some(KINDS[kind]), seq, peer));
            prop_assert_eq!(again, body);
        }

        #[test]
        fn anything_is_borne(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
            let _ = Body::read(&bytes);
        }
    }

    #[test]
    fn numbers_are_what_ubus_numbers() {
        for (number, kind) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, number);
        }
        for (number, status) in STATUSES.iter().enumerate() {
            assert_eq!(*status as usize, number);
        }
        assert_eq!(Status::of(99), Status::UnknownError);
    }

    #[test]
    fn headers_that_cannot_be_are_refused() {
        assert!(Header::read(&[0; 11]).is_err());
        assert!(Header::read(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]).is_err());
        assert!(Header::read(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]).is_err());
        assert!(Header::read(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0]).is_err());
    }
}
