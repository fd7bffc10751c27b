//! OpenFst's binary files: `const`, `vector` and `olabel_lookahead` (a `const` with an add-on).
//!
//! All numbers are little-endian, as on every machine these files are made on. What stands behind the arcs
//! of an `olabel_lookahead` file (which words each state can still reach) is not needed here: it speeds up
//! composing at run time, and the graph is composed beforehand. Its labels are those of the words
//! beside the language model, which was relabelled along with it.

use std::io::Read;

use nom::Parser;
use nom::bytes::streaming::tag;
use nom::combinator::verify;
use nom::number::streaming::{le_f32, le_i32, le_i64, le_u32, le_u64};

use super::GraphError;
use super::fst::{Arc, Fst, StateId, useful};
use super::source::{Piece, Source};
use super::symbols::{Symbols, text};

/// OpenFst's mark of a transducer.
pub(super) const MAGIC: u32 = 2_125_659_606;

/// OpenFst's mark of an add-on.
const ADD_ON: u32 = 446_681_434;

/// There are symbols of the inputs, of the outputs; states and arcs begin at multiples of 16 bytes.
pub(super) const INPUT_SYMBOLS: i32 = 1;
pub(super) const OUTPUT_SYMBOLS: i32 = 2;
const ALIGNED: i32 = 4;

/// Bytes of the head's fields before its symbol tables, at most.
const MAX_HEAD: usize = 2200;

/// The head of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// How the rest is laid out: `const`, `vector`, `ngram`, `olabel_lookahead`, …
    pub kind: String,
    /// What kind of costs: only `standard` is taken.
    pub arcs: String,
    /// The layout's version.
    pub version: i32,
    /// Symbols and alignment.
    pub flags: i32,
    /// Where it starts, -1 for nowhere.
    pub start: i64,
    /// How many states, -1 when not known.
    pub states: i64,
    /// How many arcs.
    pub arc_count: i64,
}

fn head_fields(input: &[u8]) -> Piece<'_, Head> {
    let (input, _) = tag(&MAGIC.to_le_bytes()[..]).parse(input)?;
    let (input, (kind, arcs, version, flags, _properties, start, states, arc_count)) = (
        text,
        text,
        le_i32,
        le_i32,
        le_u64,
        verify(le_i64, |n| (-1..i64::from(u32::MAX)).contains(n)),
        verify(le_i64, |n| (-1..i64::from(u32::MAX)).contains(n)),
        verify(le_i64, |n| (-1..i64::from(u32::MAX)).contains(n)),
    )
        .parse(input)?;
    Ok((
        input,
        Head {
            kind,
            arcs,
            version,
            flags,
            start,
            states,
            arc_count,
        },
    ))
}

/// Reads the head and the output symbols (or else the input symbols) behind it.
///
/// # Errors
/// Names the field that is wrong; refuses costs other than `standard`.
pub fn head<R: Read>(source: &mut Source<R>) -> Result<(Head, Option<Symbols>), GraphError> {
    let head = source.parse("head of a transducer", MAX_HEAD, head_fields)?;
    if head.arcs != "standard" {
        return Err(source.wrong("kind of arcs", format!("{:?}, not \"standard\"", head.arcs)));
    }
    let input = (head.flags & INPUT_SYMBOLS != 0)
        .then(|| Symbols::read(source))
        .transpose()?;
    let output = (head.flags & OUTPUT_SYMBOLS != 0)
        .then(|| Symbols::read(source))
        .transpose()?;
    Ok((head, output.or(input)))
}

/// What a file says, in its own order.
pub trait Visit {
    /// A state with its final cost; states come in order.
    fn state(&mut self, cost: f32);
    /// An arc; the arcs of a state lie together and the states in order, but a `const` file has all states
    /// before all arcs.
    fn arc(&mut self, from: StateId, arc: Arc);
}

fn arc(input: &[u8]) -> Piece<'_, Arc> {
    let (rest, (input, output, weight, next)) = (le_u32, le_u32, le_f32, le_u32).parse(input)?;
    Ok((
        rest,
        Arc {
            input,
            output,
            weight,
            next,
        },
    ))
}

/// Walks through a file behind its head; gives the start.
///
/// # Errors
/// Names the field that is wrong, also when an arc leads to a state that is not there.
pub fn walk<R: Read>(
    source: &mut Source<R>,
    mut head: Head,
    visit: &mut dyn Visit,
) -> Result<Option<StateId>, GraphError> {
    if head.kind == "olabel_lookahead" || head.kind == "ilabel_lookahead" {
        source.mark("add-on", ADD_ON)?;
        head = self::head(source)?.0;
    }
    let states =
        u32::try_from(head.states).map_err(|_| source.wrong("number of states", "not told"))?;
    let start = u32::try_from(head.start).ok();
    if start.is_some_and(|start| start >= states) {
        return Err(source.wrong("start", "no such state"));
    }
    match head.kind.as_str() {
        "const" => walk_const(source, &head, states, visit)?,
        "vector" => walk_vector(source, states, visit)?,
        other => {
            return Err(source.wrong(
                "kind of transducer",
                format!("{other:?}; \"const\", \"vector\" and \"olabel_lookahead\" can be read"),
            ));
        }
    }
    Ok(start)
}

fn one_arc<R: Read>(
    source: &mut Source<R>,
    from: StateId,
    states: u32,
    visit: &mut dyn Visit,
) -> Result<(), GraphError> {
    let arc = source.parse("arc", 16, arc)?;
    if arc.next >= states {
        return Err(source.wrong("arc", format!("it leads to state {} of {states}", arc.next)));
    }
    if arc.weight.is_nan() {
        return Err(source.wrong("arc", "its cost is no number"));
    }
    visit.arc(from, arc);
    Ok(())
}

fn walk_const<R: Read>(
    source: &mut Source<R>,
    head: &Head,
    states: u32,
    visit: &mut dyn Visit,
) -> Result<(), GraphError> {
    // Version 1 is always aligned, version 2 says so.
    let aligned = head.version == 1 || head.flags & ALIGNED != 0;
    let align = |source: &mut Source<R>| {
        if aligned {
            source.skip("padding", source.at().next_multiple_of(16) - source.at())
        } else {
            Ok(())
        }
    };
    align(source)?;
    let mut ends: Vec<u32> = Vec::new();
    let mut total = 0_u32;
    for _ in 0..states {
        let (cost, position, arcs, _, _) = source.parse("state", 20, |i| {
            (le_f32, le_u32, le_u32, le_u32, le_u32).parse(i)
        })?;
        if position != total || cost.is_nan() {
            return Err(source.wrong("state", "its arcs do not begin where those before end"));
        }
        total = total
            .checked_add(arcs)
            .filter(|total| i64::from(*total) <= head.arc_count)
            .ok_or_else(|| source.wrong("state", "more arcs than the head tells"))?;
        ends.push(total);
        visit.state(cost);
    }
    align(source)?;
    let mut at = 0;
    for (state, end) in (0..).zip(ends) {
        while at < end {
            one_arc(source, state, states, visit)?;
            at += 1;
        }
    }
    Ok(())
}

fn walk_vector<R: Read>(
    source: &mut Source<R>,
    states: u32,
    visit: &mut dyn Visit,
) -> Result<(), GraphError> {
    for state in 0..states {
        let (cost, arcs) = source.parse("state", 12, |i| (le_f32, le_i64).parse(i))?;
        if cost.is_nan() || !(0..i64::from(u32::MAX)).contains(&arcs) {
            return Err(source.wrong("state", "a final cost or number of arcs that cannot be"));
        }
        visit.state(cost);
        for _ in 0..arcs {
            one_arc(source, state, states, visit)?;
        }
    }
    Ok(())
}

/// Collects all that `keep` wants.
struct Collect<F> {
    finals: Vec<f32>,
    counts: Vec<u32>,
    arcs: Vec<Arc>,
    keep: F,
}

impl<F: Fn(&Arc) -> bool> Visit for Collect<F> {
    fn state(&mut self, cost: f32) {
        self.finals.push(cost);
        self.counts.push(0);
    }

    fn arc(&mut self, from: StateId, arc: Arc) {
        if (self.keep)(&arc)
            && let Some(count) = self.counts.get_mut(from as usize)
        {
            *count += 1;
            self.arcs.push(arc);
        }
    }
}

/// Reads a whole transducer with its symbols.
///
/// # Errors
/// Names the field that is wrong.
pub fn read<R: Read>(source: &mut Source<R>) -> Result<(Fst, Option<Symbols>), GraphError> {
    let (head, symbols) = head(source)?;
    let mut all = Collect {
        finals: Vec::new(),
        counts: Vec::new(),
        arcs: Vec::new(),
        keep: |_: &Arc| true,
    };
    let start = walk(source, head, &mut all)?;
    let mut fst = Fst::new();
    let mut arcs = all.arcs.into_iter();
    for (cost, count) in all.finals.into_iter().zip(all.counts) {
        for arc in arcs.by_ref().take(count as usize) {
            fst.push(arc);
        }
        fst.end_state(cost);
    }
    fst.start = start;
    Ok((fst, symbols))
}

/// First look at a file: where the arcs lead that are kept.
struct Shape<F> {
    finals: Vec<bool>,
    ends: Vec<u32>,
    nexts: Vec<StateId>,
    keep: F,
}

impl<F: Fn(u32) -> bool> Visit for Shape<F> {
    fn state(&mut self, cost: f32) {
        self.finals.push(cost != f32::INFINITY);
    }

    fn arc(&mut self, from: StateId, arc: Arc) {
        if (self.keep)(arc.output) {
            // States without arcs between the last one and this end where that one did.
            let here = super::fst::count(self.nexts.len());
            self.ends.resize(from as usize, here);
            self.nexts.push(arc.next);
        }
    }
}

impl<F> Shape<F> {
    fn of(&self, state: StateId) -> &[StateId] {
        let end = |at: usize| {
            self.ends
                .get(at)
                .map_or(self.nexts.len(), |end| *end as usize)
        };
        let at = state as usize;
        let from = if at == 0 { 0 } else { end(at - 1) };
        self.nexts.get(from..end(at)).unwrap_or_default()
    }
}

/// Second look: the arcs between states that are kept.
struct Pick<F> {
    new: Vec<u32>,
    seen: usize,
    finals: Vec<f32>,
    arcs: Vec<(u32, Arc)>,
    keep: F,
}

const GONE: u32 = u32::MAX;

impl<F: Fn(u32) -> bool> Visit for Pick<F> {
    fn state(&mut self, cost: f32) {
        if self.new.get(self.seen).is_some_and(|new| *new != GONE) {
            self.finals.push(cost);
        }
        self.seen += 1;
    }

    fn arc(&mut self, from: StateId, arc: Arc) {
        let new = |state: StateId| self.new.get(state as usize).copied().unwrap_or(GONE);
        let (from, next) = (new(from), new(arc.next));
        if from != GONE && next != GONE && (self.keep)(arc.output) {
            self.arcs.push((from, Arc { next, ..arc }));
        }
    }
}

/// Reads only what is needed to say the words that `keep` wants, connected. The file is read twice, by two
/// sources that `open` gives, so that memory is needed for its shape and for what is kept, not for all of it.
///
/// # Errors
/// Names the field that is wrong.
pub fn read_pruned<R: Read>(
    mut open: impl FnMut() -> Result<Source<R>, GraphError>,
    keep: impl Fn(u32) -> bool,
) -> Result<Fst, GraphError> {
    let keep = |label: u32| label == super::fst::EPSILON || keep(label);
    let mut source = open()?;
    let mut shape = Shape {
        finals: Vec::new(),
        ends: Vec::new(),
        nexts: Vec::new(),
        keep,
    };
    let (first, _) = head(&mut source)?;
    let start = walk(&mut source, first, &mut shape)?;
    let useful = useful(
        shape.finals.len(),
        start,
        |state| shape.finals[state as usize],
        |state, visit| {
            for next in shape.of(state) {
                visit(*next);
            }
        },
    );
    let keep = shape.keep;
    let mut next = 0;
    let new = useful
        .iter()
        .map(|useful| {
            if *useful {
                next += 1;
                next - 1
            } else {
                GONE
            }
        })
        .collect();
    let mut pick = Pick {
        new,
        seen: 0,
        finals: Vec::new(),
        arcs: Vec::new(),
        keep,
    };
    let mut source = open()?;
    let (again, _) = head(&mut source)?;
    walk(&mut source, again, &mut pick)?;
    let mut fst = Fst::new();
    let mut arcs = pick.arcs.iter().peekable();
    for (state, cost) in (0..).zip(pick.finals) {
        while let Some((_, arc)) = arcs.next_if(|(from, _)| *from == state) {
            fst.push(*arc);
        }
        fst.end_state(cost);
    }
    fst.start = start
        .and_then(|start| pick.new.get(start as usize).copied())
        .filter(|new| *new != GONE);
    Ok(fst)
}
