//! A GATT server of one peripheral: the attribute protocol over a table of attributes.
//!
//! Layouts: Bluetooth Core, volume 3, parts F and G. What the host writes is handed to the peripheral,
//! which may notify in answer.

const PRIMARY: u16 = 0x2800;
const CHARACTERISTIC: u16 = 0x2803;
const CONFIGURATION: u16 = 0x2902;
const READ: u8 = 0x02;
const WRITE_COMMAND: u8 = 0x04;
const WRITE: u8 = 0x08;
const NOTIFY: u8 = 0x10;
/// As large as one LE buffer of the controller.
const MTU: usize = 247;

const INVALID_HANDLE: u8 = 0x01;
const NOT_SUPPORTED: u8 = 0x06;
const NOT_FOUND: u8 = 0x0a;

/// A service with its characteristics.
#[derive(Clone, Debug)]
pub struct Service {
    /// 16-bit UUID.
    pub uuid: u16,
    /// 16-bit UUIDs of the characteristics. Each can be read, written and notifies.
    pub characteristics: Vec<u16>,
}

/// One attribute; its handle is its place, from 1.
#[derive(Clone, Debug)]
struct Attribute {
    kind: u16,
    value: Vec<u8>,
    /// The last handle of the group a service opens.
    group_end: u16,
}

/// The server of one connection.
#[derive(Debug)]
pub struct Server {
    attributes: Vec<Attribute>,
    mtu: usize,
}

/// What a request brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The response, if it wants one.
    pub response: Option<Vec<u8>>,
    /// The characteristic that was written, and what.
    pub written: Option<(u16, Vec<u8>)>,
}

impl Server {
    /// A server of `services`, as seen by a host that has just connected.
    #[must_use]
    pub fn new(services: &[Service]) -> Self {
        let mut attributes: Vec<Attribute> = Vec::new();
        for service in services {
            let first = attributes.len();
            attributes.push(Attribute::new(PRIMARY, &service.uuid.to_le_bytes()));
            for &uuid in &service.characteristics {
                let value = handle_of(attributes.len() + 1);
                let [low, high] = value.to_le_bytes();
                let [uuid_low, uuid_high] = uuid.to_le_bytes();
                let may = READ | WRITE_COMMAND | WRITE | NOTIFY;
                attributes.push(Attribute::new(
                    CHARACTERISTIC,
                    &[may, low, high, uuid_low, uuid_high],
                ));
                attributes.push(Attribute::new(uuid, &[]));
                attributes.push(Attribute::new(CONFIGURATION, &[0, 0]));
            }
            let end = handle_of(attributes.len() - 1);
            attributes[first].group_end = end;
        }
        Self {
            attributes,
            mtu: 23,
        }
    }

    /// Takes a request or command.
    pub fn take(&mut self, pdu: &[u8]) -> Outcome {
        let Some((&opcode, rest)) = pdu.split_first() else {
            return Outcome::default();
        };
        let word = |at: usize| match rest.get(at..at + 2) {
            Some(&[low, high]) => u16::from_le_bytes([low, high]),
            _ => 0,
        };
        match opcode {
            // Exchange MTU
            0x02 => {
                self.mtu = usize::from(word(0)).clamp(23, MTU);
                respond([&[0x03], &247_u16.to_le_bytes()[..]].concat())
            }
            // Find information
            0x04 => self.list(opcode, word(0), word(2), 0x05, &[1], |handle, attribute| {
                Some([handle.to_le_bytes(), attribute.kind.to_le_bytes()].concat())
            }),
            // Find by type value
            0x06 => {
                let (kind, value) = (word(4), rest.get(6..).unwrap_or_default().to_vec());
                self.list(opcode, word(0), word(2), 0x07, &[], |handle, attribute| {
                    (attribute.kind == kind && attribute.value == value)
                        .then(|| [handle.to_le_bytes(), attribute.group_end.to_le_bytes()].concat())
                })
            }
            // Read by type
            0x08 if rest.len() == 6 => {
                let kind = word(4);
                self.rows(opcode, word(0), word(2), 0x09, |handle, attribute| {
                    (attribute.kind == kind)
                        .then(|| [&handle.to_le_bytes()[..], &attribute.value].concat())
                })
            }
            // Read, read blob
            0x0a | 0x0c => {
                let offset = if opcode == 0x0c {
                    usize::from(word(2))
                } else {
                    0
                };
                match self.at(word(0)) {
                    None => error(opcode, word(0), INVALID_HANDLE),
                    Some(attribute) => {
                        let value = attribute.value.get(offset..).unwrap_or_default();
                        let value = &value[..value.len().min(self.mtu - 1)];
                        respond([&[opcode + 1], value].concat())
                    }
                }
            }
            // Read by group type
            0x10 if rest.len() == 6 => {
                let kind = word(4);
                self.rows(opcode, word(0), word(2), 0x11, |handle, attribute| {
                    let end = attribute.group_end.to_le_bytes();
                    (attribute.kind == kind)
                        .then(|| [&handle.to_le_bytes()[..], &end, &attribute.value].concat())
                })
            }
            // Write, write command
            0x12 | 0x52 => {
                let value = rest.get(2..).unwrap_or_default().to_vec();
                let Some(attribute) = self.at_mut(word(0)) else {
                    return match opcode {
                        0x12 => error(opcode, word(0), INVALID_HANDLE),
                        _ => Outcome::default(),
                    };
                };
                attribute.value.clone_from(&value);
                let kind = attribute.kind;
                Outcome {
                    response: (opcode == 0x12).then(|| vec![0x13]),
                    written: (kind != CONFIGURATION).then_some((kind, value)),
                }
            }
            // Indications and commands want no response.
            0x1e => Outcome::default(),
            _ if opcode & 0x40 != 0 => Outcome::default(),
            _ => error(opcode, word(0), NOT_SUPPORTED),
        }
    }

    /// A characteristic has a new value: the notification, if the host asked for it.
    pub fn notify(&mut self, characteristic: u16, value: &[u8]) -> Option<Vec<u8>> {
        let index =
            (self.attributes.iter()).position(|attribute| attribute.kind == characteristic)?;
        self.attributes[index].value = value.to_vec();
        let wanted = self.attributes.get(index + 1)?;
        (wanted.kind == CONFIGURATION && wanted.value.first().is_some_and(|bits| bits & 1 != 0))
            .then(|| [&[0x1b], &handle_of(index).to_le_bytes()[..], value].concat())
    }

    fn at(&self, handle: u16) -> Option<&Attribute> {
        self.attributes.get(usize::from(handle).checked_sub(1)?)
    }

    fn at_mut(&mut self, handle: u16) -> Option<&mut Attribute> {
        self.attributes.get_mut(usize::from(handle).checked_sub(1)?)
    }

    /// A response of rows of one length, which it names first.
    fn rows(
        &self,
        request: u8,
        from: u16,
        to: u16,
        response: u8,
        row: impl Fn(u16, &Attribute) -> Option<Vec<u8>>,
    ) -> Outcome {
        let length = (self.within(from, to)).find_map(|(handle, a)| Some(row(handle, a)?.len()));
        let Some(length) = length.and_then(|length| u8::try_from(length).ok()) else {
            return error(request, from, NOT_FOUND);
        };
        self.list(
            request,
            from,
            to,
            response,
            &[length],
            |handle, attribute| {
                row(handle, attribute).filter(|row| row.len() == usize::from(length))
            },
        )
    }

    /// A response of as many rows as it has room for.
    fn list(
        &self,
        request: u8,
        from: u16,
        to: u16,
        response: u8,
        head: &[u8],
        row: impl Fn(u16, &Attribute) -> Option<Vec<u8>>,
    ) -> Outcome {
        let mut list = [&[response], head].concat();
        let empty = list.len();
        for (handle, attribute) in self.within(from, to) {
            if let Some(row) = row(handle, attribute) {
                if list.len() + row.len() > self.mtu {
                    break;
                }
                list.extend(row);
            }
        }
        if list.len() == empty {
            return error(request, from, NOT_FOUND);
        }
        respond(list)
    }

    fn within(&self, from: u16, to: u16) -> impl Iterator<Item = (u16, &Attribute)> {
        (self.attributes.iter().enumerate())
            .map(|(index, attribute)| (handle_of(index), attribute))
            .filter(move |(handle, _)| (from..=to).contains(handle))
    }
}

impl Attribute {
    fn new(kind: u16, value: &[u8]) -> Self {
        Self {
            kind,
            value: value.to_vec(),
            group_end: 0,
        }
    }
}

fn handle_of(index: usize) -> u16 {
    u16::try_from(index + 1).unwrap_or(u16::MAX)
}

fn respond(response: Vec<u8>) -> Outcome {
    Outcome {
        response: Some(response),
        written: None,
    }
}

fn error(request: u8, handle: u16, code: u8) -> Outcome {
    let [low, high] = handle.to_le_bytes();
    respond(vec![0x01, request, low, high, code])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        Server::new(&[
            Service {
                uuid: 0xffd5,
                characteristics: vec![0xffd9],
            },
            Service {
                uuid: 0xffd0,
                characteristics: vec![0xffd4],
            },
        ])
    }

    fn response(server: &mut Server, request: &[u8]) -> Vec<u8> {
        server.take(request).response.unwrap()
    }

    #[test]
    fn a_host_finds_services_and_characteristics() {
        let mut server = server();
        let all = [0x10, 1, 0, 0xff, 0xff, 0, 0x28];
        assert_eq!(
            response(&mut server, &all),
            [0x11, 6, 1, 0, 4, 0, 0xd5, 0xff, 5, 0, 8, 0, 0xd0, 0xff]
        );
        let rest = [0x10, 9, 0, 0xff, 0xff, 0, 0x28];
        assert_eq!(response(&mut server, &rest), [1, 0x10, 9, 0, 0x0a]);
        let inside = [0x08, 1, 0, 4, 0, 3, 0x28];
        assert_eq!(
            response(&mut server, &inside),
            [0x09, 7, 2, 0, 0x1e, 3, 0, 0xd9, 0xff]
        );
    }

    #[test]
    fn a_write_is_told_and_read_back() {
        let mut server = server();
        let outcome = server.take(&[0x12, 3, 0, 0xcc, 0x23, 0x33]);
        assert_eq!(outcome.response, Some(vec![0x13]));
        assert_eq!(outcome.written, Some((0xffd9, vec![0xcc, 0x23, 0x33])));
        assert_eq!(
            response(&mut server, &[0x0a, 3, 0]),
            [0x0b, 0xcc, 0x23, 0x33]
        );
    }

    #[test]
    fn notifications_are_asked_for_first() {
        let mut server = server();
        assert_eq!(server.notify(0xffd4, &[1]), None);
        assert!(server.take(&[0x12, 8, 0, 1, 0]).written.is_none());
        assert_eq!(server.notify(0xffd4, &[2]), Some(vec![0x1b, 7, 0, 2]));
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let mut server = server();
        assert_eq!(response(&mut server, &[0x0a, 99, 0]), [1, 0x0a, 99, 0, 1]);
        assert_eq!(server.take(&[]), Outcome::default());
    }
}
