//! What is measured: one line for each repository.

/// A repository to be made.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// The name, also of its folder.
    pub name: &'static str,
    /// How many targets all roles list together.
    pub targets: u32,
    /// Which roles list them.
    pub layout: Layout,
    /// How the files are written.
    pub style: Style,
    /// The chain of roots.
    pub roots: Roots,
    /// Bytes of the one artifact that the repository also serves; 0 for none.
    pub artifact: u64,
}

/// Which roles list the targets.
#[derive(Clone, Copy, Debug)]
pub enum Layout {
    /// The top-level role.
    Flat,
    /// So many delegated roles with a pattern each, and a key each.
    Folders(u32),
    /// Two to the power of this many delegated roles by hash prefixes, with one key.
    Bins(u32),
    /// The same bins as one entry (TAP 15).
    Succinct(u32),
}

/// How the files are written; signatures are made over the canonical form in any case.
#[derive(Clone, Copy, Debug)]
pub enum Style {
    /// The canonical form.
    Compact,
    /// Indented by two spaces, keys sorted.
    Pretty,
}

/// A chain of roots with the same keys throughout.
#[derive(Clone, Copy, Debug)]
pub struct Roots {
    /// The version of the last.
    pub last: u32,
    /// How many root keys there are.
    pub keys: u8,
    /// How many of them sign.
    pub threshold: u8,
}

const ONE_ROOT: Roots = Roots { last: 1, keys: 1, threshold: 1 };

/// All repositories.
///
/// `bins1024` is also the line of 100,000 targets among the repositories that grow: all those have
/// the least power of two of bins that leaves at most about a hundred targets to each.
pub const WORKLOADS: &[Workload] = &[
    flat("flat100", 100),
    flat("flat1k", 1_000),
    flat("flat10k", 10_000),
    flat("flat100k", 100_000),
    flat("flat1m", 1_000_000),
    pretty(flat("flat100-pretty", 100)),
    pretty(flat("flat10k-pretty", 10_000)),
    pretty(flat("flat100k-pretty", 100_000)),
    rotated(flat("roots200-1of1", 100), 1, 1),
    rotated(flat("roots200-3of5", 100), 5, 3),
    delegated("dirs256", 256 * 400, Layout::Folders(256)),
    delegated("bins256", 100_000, Layout::Bins(8)),
    delegated("bins1024", 100_000, Layout::Bins(10)),
    delegated("succinct1024", 100_000, Layout::Succinct(10)),
    delegated("bins64-of6400", 6_400, Layout::Bins(6)),
    delegated("bins1-of100", 100, Layout::Bins(0)),
    delegated("bins16-of1k", 1_000, Layout::Bins(4)),
    delegated("bins128-of10k", 10_000, Layout::Bins(7)),
    delegated("bins16384-of1m", 1_000_000, Layout::Bins(14)),
    Workload { artifact: 256 << 20, ..flat("artifact256m", 1) },
];

impl Workload {
    /// The workload of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        WORKLOADS.iter().find(|workload| workload.name == name)
    }
}

const fn flat(name: &'static str, targets: u32) -> Workload {
    delegated(name, targets, Layout::Flat)
}

const fn delegated(name: &'static str, targets: u32, layout: Layout) -> Workload {
    Workload { name, targets, layout, style: Style::Compact, roots: ONE_ROOT, artifact: 0 }
}

const fn pretty(workload: Workload) -> Workload {
    Workload { style: Style::Pretty, ..workload }
}

const fn rotated(workload: Workload, keys: u8, threshold: u8) -> Workload {
    Workload { roots: Roots { last: 201, keys, threshold }, ..workload }
}
