//! A trie over folded characters: all known words that begin at a place, in one walk.

/// Words and the numbers they carry.
#[derive(Debug, Default)]
pub(crate) struct Trie {
    nodes: Vec<TrieNode>,
    edges: Vec<(char, u32)>,
    values: Vec<u32>,
}

#[derive(Debug, Default, Clone, Copy)]
struct TrieNode {
    edges: (u32, u32),
    values: (u32, u32),
}

impl Trie {
    /// From words and what each carries; a word may come more than once.
    #[must_use]
    pub(crate) fn new(mut words: Vec<(Vec<char>, u32)>) -> Self {
        words.retain(|(word, _)| !word.is_empty());
        words.sort();
        words.dedup();
        let mut trie = Self::default();
        trie.nodes.push(TrieNode::default());
        trie.build(0, &words, 0);
        trie
    }

    fn build(&mut self, node: usize, words: &[(Vec<char>, u32)], depth: usize) {
        let own = words.iter().take_while(|(w, _)| w.len() == depth).count();
        let from = small(self.values.len());
        self.values.extend(words[..own].iter().map(|(_, v)| *v));
        let values = (from, small(self.values.len()));
        let rest = &words[own..];
        let first = self.edges.len();
        let groups: Vec<&[(Vec<char>, u32)]> = rest
            .chunk_by(|(a, _), (b, _)| a.get(depth) == b.get(depth))
            .collect();
        for group in &groups {
            if let Some(c) = group.first().and_then(|(w, _)| w.get(depth)) {
                self.edges.push((*c, 0));
            }
        }
        self.nodes[node] = TrieNode {
            edges: (small(first), small(self.edges.len())),
            values,
        };
        for (i, group) in groups.into_iter().enumerate() {
            let child = self.nodes.len();
            self.nodes.push(TrieNode::default());
            self.edges[first + i].1 = small(child);
            self.build(child, group, depth + 1);
        }
    }

    /// Calls `found(end, value)` for every word that begins at `start`, shorter ones first.
    pub(crate) fn at(&self, text: &[char], start: usize, mut found: impl FnMut(usize, u32)) {
        let Some(mut node) = self.nodes.first() else {
            return;
        };
        let mut place = start;
        loop {
            for value in &self.values[node.values.0 as usize..node.values.1 as usize] {
                found(place, *value);
            }
            let edges = &self.edges[node.edges.0 as usize..node.edges.1 as usize];
            let Some(c) = text.get(place) else { return };
            let Ok(edge) = edges.binary_search_by_key(c, |(c, _)| *c) else {
                return;
            };
            node = &self.nodes[edges[edge].1 as usize];
            place += 1;
        }
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_at_a_place_come_shortest_first() {
        let word = |w: &str, v| (w.chars().collect::<Vec<_>>(), v);
        let trie = Trie::new(vec![
            word("twenty", 20),
            word("twenty one", 21),
            word("two", 2),
            word("불", 7),
        ]);
        let text: Vec<char> = "to twenty one 불".chars().collect();
        let at = |start| {
            let mut found = Vec::new();
            trie.at(&text, start, |end, value| found.push((end, value)));
            found
        };
        assert_eq!(at(3), [(9, 20), (13, 21)]);
        assert_eq!(at(14), [(15, 7)]);
        assert_eq!(at(0), []);
        assert_eq!(at(99), []);
    }
}
