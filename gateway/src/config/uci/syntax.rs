//! The syntax of UCI files, as libuci reads it.
//!
//! The contract: what libuci accepts is read as libuci reads it, its oddities included; what it
//! refuses is refused, with the line. A file is a sequence of statements: `config TYPE [NAME]`,
//! `option NAME VALUE`, `list NAME VALUE`, `package NAME`, each also by its first letter. Words end at
//! white space; parts of them may be quoted: in `'…'` everything stands for itself, in `"…"` and
//! outside a backslash makes the next character ordinary, and before the end of a line takes both
//! away. Quotes may span lines. `#` outside of quotes begins a comment, `;` ends a statement.
//!
//! Oddities kept: a `;` right after a word without quotes or backslashes hides the rest of the line;
//! `option NAME ''` says nothing; `list` after `option` makes a list of both.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while};
use nom::character::complete::{anychar, char, line_ending};
use nom::combinator::{eof, map, opt, recognize, value};
use nom::error::{ErrorKind, ParseError};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser as _};

/// Most statements in a file: more is no configuration of ours.
const MOST: usize = 20_000;

/// A file's content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// In the order of their first `config`.
    pub sections: Vec<Section>,
}

/// One section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its type.
    pub kind: String,
    /// Its name, unless it is anonymous.
    pub name: Option<String>,
    /// Line of its `config`.
    pub line: usize,
    /// In the order in which they were first given.
    pub options: Vec<Choice>,
}

/// One option or list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub name: String,
    /// What it says.
    pub value: Value,
    /// Line of its last statement.
    pub line: usize,
}

/// What an option says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `option`.
    One(String),
    /// `list`.
    Many(Vec<String>),
}

/// What is no UCI.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Wrong {
    /// From 1.
    pub line: usize,
    /// For people.
    pub why: &'static str,
}

impl Package {
    /// Reads a file.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let line_of = |rest: &str| {
            let read = text.len() - rest.len();
            let newlines = text.bytes().take(read).filter(|b| *b == b'\n');
            1 + newlines.count()
        };
        if let Some((before, _)) = text.split_once('\0') {
            return Err(Wrong {
                line: 1 + before.matches('\n').count(),
                why: "a NUL byte",
            });
        }
        let mut reader = Reader::default();
        let mut statements = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let mut line = Line { rest, over: false };
            line.blanks();
            loop {
                let begin = line.rest;
                let wrong = |stop: Stop<'_>| Wrong {
                    line: line_of(stop.at.unwrap_or(begin)),
                    why: stop.why,
                };
                let Some(keyword) = line.keyword().map_err(wrong)? else {
                    break;
                };
                statements += 1;
                if statements > MOST {
                    let why = "more statements than any configuration has";
                    return Err(wrong(Stop { at: None, why }));
                }
                reader
                    .statement(keyword, &mut line, line_of(begin))
                    .map_err(wrong)?;
            }
            rest = line.rest;
        }
        Ok(reader.package)
    }
}

/// A statement's first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    Package,
    Config,
    Option,
    List,
}

/// Why reading stopped, and where if not at the statement's beginning.
#[derive(Debug)]
struct Stop<'a> {
    at: Option<&'a str>,
    why: &'static str,
}

impl<'a> ParseError<&'a str> for Stop<'a> {
    fn from_error_kind(at: &'a str, _: ErrorKind) -> Self {
        Self {
            at: Some(at),
            why: "a quote is not closed before the end of the file",
        }
    }

    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
        other
    }
}

type Parsed<'a, T> = IResult<&'a str, T, Stop<'a>>;

/// White space in libuci's sense.
const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r')
}

/// One piece of a word.
#[derive(Clone)]
enum Piece<'a> {
    Plain(&'a str),
    Quoted(String),
    Escaped(char),
    /// The end of a line that is none.
    Continued,
}

fn continued(input: &str) -> Parsed<'_, ()> {
    value((), preceded(char('\\'), alt((line_ending, eof)))).parse(input)
}

fn escaped(input: &str) -> Parsed<'_, char> {
    preceded(char('\\'), anychar).parse(input)
}

fn single(input: &str) -> Parsed<'_, String> {
    let inside = map(opt(is_not("'")), |text: Option<&str>| {
        text.unwrap_or_default().to_owned()
    });
    preceded(char('\''), terminated(inside, char('\''))).parse(input)
}

fn double(input: &str) -> Parsed<'_, String> {
    let (mut rest, _) = char('"').parse(input)?;
    let mut text = String::new();
    loop {
        if let Ok((after, _)) = char::<_, Stop<'_>>('"').parse(rest) {
            return Ok((after, text));
        }
        let piece = alt((
            map(is_not("\"\\"), Piece::Plain),
            value(Piece::Continued, preceded(char('\\'), line_ending)),
            map(escaped, Piece::Escaped),
        ))
        .parse(rest);
        // Where the quote began tells more than where the file ends.
        let (after, piece) = piece.map_err(|_: nom::Err<Stop<'_>>| unclosed(input))?;
        match piece {
            Piece::Plain(plain) => text.push_str(plain),
            Piece::Escaped(c) => text.push(c),
            Piece::Quoted(_) | Piece::Continued => {}
        }
        rest = after;
    }
}

fn unclosed(at: &str) -> nom::Err<Stop<'_>> {
    nom::Err::Failure(Stop::from_error_kind(at, ErrorKind::Char))
}

fn piece(input: &str) -> Parsed<'_, Piece<'_>> {
    let plain = recognize(is_not(" \t\n\x0b\x0c\r'\"\\#;"));
    alt((
        map(plain, Piece::Plain),
        map(single, Piece::Quoted),
        map(double, Piece::Quoted),
        value(Piece::Continued, continued),
        map(escaped, Piece::Escaped),
    ))
    .parse(input)
    .map_err(|_| unclosed(input))
}

/// What is left to read; `over` once the end of the line was passed.
#[derive(Clone, Copy)]
struct Line<'a> {
    rest: &'a str,
    over: bool,
}

impl<'a> Line<'a> {
    /// Skips white space, not past the end of the line.
    fn blanks(&mut self) {
        if self.over {
            return;
        }
        let inside = take_while(|c| is_space(c) && c != '\n');
        let parsed: Parsed<'a, _> = (inside, opt(char('\n'))).parse(self.rest);
        if let Ok((rest, (_, end))) = parsed {
            self.rest = rest;
            self.over = end.is_some() || rest.is_empty();
        }
    }

    /// Passes over the rest of the line.
    fn cut(&mut self) {
        self.rest = self
            .rest
            .split_once('\n')
            .map_or("", |(_, following)| following);
        self.over = true;
    }

    /// The next statement's keyword; none where the line ends.
    fn keyword(&mut self) -> Result<Option<Keyword>, Stop<'a>> {
        let stop = |why| Err(Stop { at: None, why });
        let begin = self.rest.trim_start_matches([' ', '\t']);
        if self.over || begin.is_empty() {
            if !self.over {
                self.cut();
            }
            return Ok(None);
        }
        if begin.starts_with('#') {
            self.cut();
            return Ok(None);
        }
        let parsed: Parsed<'a, _> = is_not(" \t\n").parse(begin);
        let (rest, word) = parsed.unwrap_or((begin, ""));
        let keyword = match word {
            "p" | "package" => Keyword::Package,
            "c" | "config" => Keyword::Config,
            "o" | "option" => Keyword::Option,
            "l" | "list" => Keyword::List,
            _ => return stop("expected `config`, `option` or `list`"),
        };
        let blank: Parsed<'a, _> = alt((tag(" "), tag("\t"))).parse(rest);
        match blank {
            Ok((rest, _)) => self.rest = rest,
            Err(_) => return stop("`config`, `option` or `list` without anything after it"),
        }
        Ok(Some(keyword))
    }

    /// The next word; empty where the statement ends, or where it is `''`.
    fn word(&mut self) -> Result<String, Stop<'a>> {
        self.blanks();
        if self.over {
            return Ok(String::new());
        }
        if let Some(rest) = self.rest.strip_prefix(';') {
            self.rest = rest;
            return Ok(String::new());
        }
        let mut word = String::new();
        // Whether what is read is as long as what is kept.
        let mut verbatim = true;
        loop {
            match self.rest.chars().next() {
                None => {
                    self.over = true;
                    return Ok(word);
                }
                Some('#') => {
                    self.cut();
                    return Ok(word);
                }
                Some(';') => {
                    if verbatim {
                        self.cut();
                    }
                    return Ok(word);
                }
                Some(c) if is_space(c) => {
                    self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
                    self.over = c == '\n';
                    return Ok(word);
                }
                Some(_) => {}
            }
            let (rest, piece) = piece(self.rest).map_err(|error| match error {
                nom::Err::Error(stop) | nom::Err::Failure(stop) => stop,
                nom::Err::Incomplete(_) => Stop::from_error_kind(self.rest, ErrorKind::Eof),
            })?;
            self.rest = rest;
            match piece {
                Piece::Plain(plain) => {
                    word.push_str(plain);
                    continue;
                }
                Piece::Quoted(text) => word.push_str(&text),
                Piece::Escaped(c) => word.push(c),
                Piece::Continued => {}
            }
            verbatim = false;
        }
    }

    /// The statement must end here.
    fn nothing_more(&mut self) -> Result<(), Stop<'a>> {
        if self.word()?.is_empty() {
            Ok(())
        } else {
            let why = "too many words; values with blanks need quotes";
            Err(Stop { at: None, why })
        }
    }
}

/// What names are made of.
const fn named(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// The package as read so far.
#[derive(Default)]
struct Reader {
    package: Package,
    /// The section that options go into.
    open: usize,
}

impl Reader {
    fn statement<'a>(
        &mut self,
        keyword: Keyword,
        line: &mut Line<'a>,
        at: usize,
    ) -> Result<(), Stop<'a>> {
        let stop = |why| Err(Stop { at: None, why });
        let name = line.word()?;
        match keyword {
            Keyword::Package if !good(&name, |b| named(b) || b == b'-') => {
                stop("`package` needs a name of letters, digits, `_` and `-`")
            }
            Keyword::Package => line.nothing_more(),
            Keyword::Config => {
                if !good(&name, |b| b.is_ascii_graphic()) {
                    return stop("`config` needs a type of ASCII characters without blanks");
                }
                let section = line.word()?;
                if !section.is_empty() && !good(&section, named) {
                    return stop("a section's name has only letters, digits and `_`");
                }
                line.nothing_more()?;
                self.config(name, section, at)
            }
            Keyword::Option | Keyword::List => {
                if self.package.sections.is_empty() {
                    return stop("an option before the first `config`");
                }
                if !good(&name, named) {
                    return stop("an option needs a name of letters, digits and `_`");
                }
                let value = line.word()?;
                line.nothing_more()?;
                self.choice(name, value, keyword == Keyword::List, at);
                Ok(())
            }
        }
    }

    fn config<'a>(&mut self, kind: String, name: String, line: usize) -> Result<(), Stop<'a>> {
        let sections = &mut self.package.sections;
        let known = sections
            .iter()
            .position(|section| !name.is_empty() && section.name.as_ref() == Some(&name));
        if let Some(known) = known {
            if sections.get(known).is_some_and(|s| s.kind != kind) {
                let why = "another section of this name has another type";
                return Err(Stop { at: None, why });
            }
            self.open = known;
            return Ok(());
        }
        self.open = sections.len();
        sections.push(Section {
            kind,
            name: Some(name).filter(|name| !name.is_empty()),
            line,
            options: Vec::new(),
        });
        Ok(())
    }

    fn choice(&mut self, name: String, text: String, list: bool, line: usize) {
        let Some(section) = self.package.sections.get_mut(self.open) else {
            return;
        };
        let known = section.options.iter_mut().find(|o| o.name == name);
        if !list && text.is_empty() {
            return;
        }
        let Some(known) = known else {
            let value = if list {
                Value::Many(vec![text])
            } else {
                Value::One(text)
            };
            section.options.push(Choice { name, value, line });
            return;
        };
        known.line = line;
        match &mut known.value {
            Value::Many(items) if list => items.push(text),
            Value::One(one) if list => {
                let one = std::mem::take(one);
                known.value = Value::Many(vec![one, text]);
            }
            value => *value = Value::One(text),
        }
    }
}

fn good(name: &str, fits: impl Fn(u8) -> bool) -> bool {
    !name.is_empty() && name.bytes().all(fits)
}

/// As `uci export` writes it, without the package's name.
impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for section in &self.sections {
            write!(f, "\nconfig {}", section.kind)?;
            if let Some(name) = &section.name {
                write!(f, " {}", Quoted(name))?;
            }
            writeln!(f)?;
            for Choice { name, value, .. } in &section.options {
                match value {
                    Value::One(text) => writeln!(f, "\toption {name} {}", Quoted(text))?,
                    Value::Many(items) => {
                        for item in items {
                            writeln!(f, "\tlist {name} {}", Quoted(item))?;
                        }
                    }
                }
            }
        }
        writeln!(f)
    }
}

/// A text as UCI files hold it.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', r"'\''"))
    }
}

impl Package {
    /// What sections are called where anonymous ones need a name too: `@TYPE[INDEX]`.
    pub fn titled(&self) -> impl Iterator<Item = (String, &Section)> {
        self.sections.iter().enumerate().map(|(index, section)| {
            let title = section.name.clone().unwrap_or_else(|| {
                let before = self.sections.iter().take(index);
                let same = before.filter(|other| other.kind == section.kind).count();
                format!("@{}[{same}]", section.kind)
            });
            (title, section)
        })
    }
}
