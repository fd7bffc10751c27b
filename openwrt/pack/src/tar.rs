//! Tar as OpenWrt's tools write it: GNU's form, everything root's, one time for all.

use nom::Parser;
use nom::bytes::complete::take;

use crate::tree::Node;

const BLOCK: usize = 512;

/// One member of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name as written, such as `./etc/`.
    pub name: String,
    /// What it is.
    pub node: Node,
    /// Permission bits.
    pub mode: u32,
    /// Number of the owner.
    pub uid: u64,
    /// Number of the group.
    pub gid: u64,
    /// Seconds since 1970.
    pub mtime: u64,
}

impl Member {
    /// A file of root's.
    #[must_use]
    pub fn file(name: &str, content: &[u8], mode: u32, mtime: u64) -> Self {
        Self::new(name, Node::File(content.to_vec()), mode, mtime)
    }

    /// Anything of root's.
    #[must_use]
    pub fn new(name: &str, node: Node, mode: u32, mtime: u64) -> Self {
        Self {
            name: name.to_owned(),
            node,
            mode,
            uid: 0,
            gid: 0,
            mtime,
        }
    }
}

/// Why an archive cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TarError {
    /// Bytes are missing.
    #[error("tar: cut short in {0}")]
    Cut(String),
    /// A header whose sum is wrong, or a number that is none.
    #[error("tar: bad {0}")]
    Bad(&'static str),
    /// A kind of member that is not needed in packages.
    #[error("tar: {name}: member of type {kind:?}")]
    Kind {
        /// The member.
        name: String,
        /// The letter of its type.
        kind: char,
    },
}

/// Writes an archive.
#[must_use]
pub fn write(members: &[Member]) -> Vec<u8> {
    let mut out = Vec::new();
    for member in members {
        let (kind, content, link): (u8, &[u8], &str) = match &member.node {
            Node::File(content) => (b'0', content, ""),
            Node::Link(target) => (b'2', &[], target),
            Node::Folder => (b'5', &[], ""),
        };
        for (letter, long) in [(b'K', link), (b'L', member.name.as_str())] {
            if long.len() > 100 {
                let text = [long.as_bytes(), &[0]].concat();
                let header = header("././@LongLink", letter, "", text.len(), 0o644, 0);
                append(&mut out, &header, &text);
            }
        }
        let header = header(
            &member.name,
            kind,
            link,
            content.len(),
            member.mode,
            member.mtime,
        );
        append(&mut out, &header, content);
    }
    // GNU tar fills up to 20 blocks.
    out.resize((out.len() + 2 * BLOCK).next_multiple_of(20 * BLOCK), 0);
    out
}

fn append(out: &mut Vec<u8>, header: &[u8], content: &[u8]) {
    out.extend_from_slice(header);
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

fn header(name: &str, kind: u8, link: &str, size: usize, mode: u32, mtime: u64) -> Vec<u8> {
    let mut head = vec![0; BLOCK];
    let mut put = |at: usize, most: usize, bytes: &[u8]| {
        let used = bytes.len().min(most);
        head[at..at + used].copy_from_slice(&bytes[..used]);
    };
    put(0, 100, name.as_bytes());
    put(100, 8, format!("{mode:07o}").as_bytes());
    put(108, 8, b"0000000");
    put(116, 8, b"0000000");
    put(124, 12, format!("{size:011o}").as_bytes());
    put(136, 12, format!("{mtime:011o}").as_bytes());
    put(148, 8, b"        ");
    put(156, 1, &[kind]);
    put(157, 100, link.as_bytes());
    put(257, 8, b"ustar  \0");
    let sum: u32 = head.iter().map(|&byte| u32::from(byte)).sum();
    head[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    head
}

/// Reads an archive to its end mark.
///
/// # Errors
/// When it is cut short or holds what packages have no use for.
pub fn parse(mut rest: &[u8]) -> Result<Vec<Member>, TarError> {
    let mut members = Vec::new();
    let (mut long_name, mut long_link) = (None, None);
    loop {
        let header = take_bytes(&mut rest, BLOCK, "a header")?;
        if header.iter().all(|&byte| byte == 0) {
            return Ok(members);
        }
        let sum: u64 = (0..BLOCK)
            .map(|at| {
                if (148..156).contains(&at) {
                    b' '
                } else {
                    header[at]
                }
            })
            .map(u64::from)
            .sum();
        if number(&header[148..156]) != Some(sum) {
            return Err(TarError::Bad("sum of a header"));
        }
        let size = number(&header[124..136]).ok_or(TarError::Bad("size"))?;
        let size = usize::try_from(size).map_err(|_| TarError::Bad("size"))?;
        let name = long_name.take().unwrap_or_else(|| text(&header[..100]));
        let content = take_bytes(&mut rest, size, &name)?;
        take_bytes(&mut rest, size.wrapping_neg() % BLOCK, &name)?;
        let link = |long: Option<String>| long.unwrap_or_else(|| text(&header[157..257]));
        let node = match header[156] {
            b'L' => {
                long_name = Some(text(content));
                continue;
            }
            b'K' => {
                long_link = Some(text(content));
                // The name of the member itself may have come before.
                long_name = (name != "././@LongLink").then_some(name);
                continue;
            }
            b'0' | 0 => Node::File(content.to_vec()),
            b'2' => Node::Link(link(long_link.take())),
            b'5' => Node::Folder,
            kind => {
                let kind = char::from(kind);
                return Err(TarError::Kind { name, kind });
            }
        };
        let field = |at: usize, what| number(&header[at..at + 8]).ok_or(TarError::Bad(what));
        let mode = u32::try_from(field(100, "mode")?).map_err(|_| TarError::Bad("mode"))?;
        members.push(Member {
            mode,
            uid: field(108, "owner")?,
            gid: field(116, "group")?,
            mtime: number(&header[136..148]).ok_or(TarError::Bad("time"))?,
            name,
            node,
        });
    }
}

fn take_bytes<'a>(rest: &mut &'a [u8], most: usize, what: &str) -> Result<&'a [u8], TarError> {
    let taken: Result<_, nom::Err<nom::error::Error<&[u8]>>> = take(most).parse(*rest);
    let (after, bytes) = taken.map_err(|_| TarError::Cut(what.to_owned()))?;
    *rest = after;
    Ok(bytes)
}

/// An octal number with blanks or zeros around it.
fn number(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    let digits = text.trim_matches(['\0', ' ']);
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(digits, 8).ok()
}

/// Text up to its zero.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0);
    String::from_utf8_lossy(&field[..end.unwrap_or(field.len())]).into_owned()
}
