//! Complete files, in the order in which to upload them.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::published::delegates;
use super::{Authority, Policy, Published, Result, SealError};
use crate::metadata::{RoleType, Root, Signed, Snapshot, Targets, Timestamp};
use crate::primitives::{RoleName, StartTime, UtcTime, Version};
use crate::update::RemoteFile;
use crate::verify::{
    Authentic, Context, NewTimestamp, Trusted, VerifyError, as_authentic, confirm_targets,
    is_signed_by, snapshot, stored_timestamp, timestamp,
};

/// A file of the role `R` that devices will take: complete, and held against their own checks.
///
/// There is no way to make one but a [`Release`].
pub struct Publishable<R> {
    file: RemoteFile,
    metadata: Arc<Authentic<'static, R>>,
}

#[allow(private_bounds, reason = "`Signed` is sealed: the four roles implement it")]
impl<R: Signed> Publishable<R> {
    /// The role and, where the name has one, the version.
    #[must_use]
    pub fn file(&self) -> &RemoteFile {
        &self.file
    }

    /// The version of the file.
    #[must_use]
    pub fn version(&self) -> Version {
        self.metadata.version()
    }

    /// When it expires.
    #[must_use]
    pub fn expires(&self) -> UtcTime {
        self.metadata.expires()
    }

    /// The bytes to upload.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.metadata.bytes()
    }
}

/// One file of a release.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseFile<'r> {
    file: &'r RemoteFile,
    bytes: &'r [u8],
}

impl<'r> ReleaseFile<'r> {
    /// The name under which devices ask for it, percent-encoded for a URL.
    #[must_use]
    pub fn name(&self) -> String {
        self.file.name()
    }

    /// The role.
    #[must_use]
    pub fn role(&self) -> &'r RoleName {
        self.file.role()
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &'r [u8] {
        self.bytes
    }
}

/// A release: what changed, complete and checked.
///
/// Artifacts are uploaded before it. Then its files, one after another: whatever stops the upload,
/// devices see the old repository or the new one. With consistent snapshots, that is; without, a
/// file replaces the one before, and a device that comes in between has to try again.
pub struct Release {
    root: Option<Publishable<Root>>,
    roles: Vec<Publishable<Targets>>,
    snapshot: Option<Publishable<Snapshot>>,
    timestamp: Option<Publishable<Timestamp>>,
    order: Order,
    /// A snapshot takes the place of another under the same name.
    replaces: bool,
    published: Published,
}

/// When the root may appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Before all: what is published is signed as the new root asks.
    RootFirst,
    /// After all: what is new is signed as the old root asks, too.
    RootLast,
    /// Just before the timestamp: until that is there, devices that see the root find nothing that
    /// it vouches for.
    Gap,
}

impl Release {
    /// Holds the files against the checks of a device that has seen what was published.
    pub(super) fn new(
        before: &Published,
        next: Published,
        changed: &[RoleName],
        now: UtcTime,
        policy: &Policy,
    ) -> Result<Self> {
        let no_file = |role: RoleType| SealError::NoFile { role: role.into() };
        let root = next.root.clone().ok_or_else(|| no_file(RoleType::Root))?;
        let new_snapshot = next.snapshot.clone().ok_or_else(|| no_file(RoleType::Snapshot))?;
        let new_timestamp = next.timestamp.clone().ok_or_else(|| no_file(RoleType::Timestamp))?;
        let context = Context::new(StartTime::Known(now), policy.limits.clone());
        root.check_not_expired(&context)?;
        let keeps_floors = !before.root().is_some_and(|before| takes_online_key(before, &root));
        let mut floor = match (before.root(), &before.timestamp) {
            (Some(root), Some(file)) if keeps_floors => {
                stored_timestamp(root, file.bytes().to_vec(), &policy.limits).ok()
            }
            _ => None,
        };
        let trusted = match timestamp(&root, &mut floor, new_timestamp.bytes().to_vec(), &context)?
        {
            NewTimestamp::Newer(file) | NewTimestamp::Same(file) => file,
        };
        let floor = before.snapshot().filter(|_| keeps_floors);
        let listing = snapshot(
            &root,
            &trusted,
            floor.map(Into::into),
            new_snapshot.bytes().to_vec(),
            &context,
        )?;
        for role in changed {
            let file =
                next.roles.get(role).ok_or_else(|| SealError::NotLoaded { role: role.clone() })?;
            let listed = listing.document().meta(role);
            let listed = listed.ok_or_else(|| VerifyError::NotInSnapshot { role: role.clone() })?;
            confirm_targets(role, file, &listed, Some(&context))?;
        }
        let consistent = root.consistent_snapshot();
        let renamed = before.root().is_some_and(|root| root.consistent_snapshot() != consistent);
        let order = if renamed { renaming(before, &next) } else { order(before, &next, policy) };
        let roles = if renamed { all_roles(&next, &listing)? } else { changed.to_vec() };
        let file = |role: RoleName, version| RemoteFile::versioned(role, version, consistent);
        let publishable = |role: &RoleName| {
            let metadata = next.roles.get(role)?.clone();
            Some(Publishable { file: file(role.clone(), metadata.version()), metadata })
        };
        let mut roles: Vec<_> = roles.iter().filter_map(publishable).collect();
        // Those who delegate after those to whom they do; it matters where names have no versions.
        roles.sort_by_key(|publishable| publishable.file.role().is_targets());
        let is_new_root = before.root.as_ref().is_none_or(|before| !Arc::ptr_eq(before, &root));
        let is_new_snapshot =
            renamed || before.snapshot.as_ref().is_none_or(|old| !Arc::ptr_eq(old, &new_snapshot));
        let is_new_timestamp =
            before.timestamp.as_ref().is_none_or(|old| !Arc::ptr_eq(old, &new_timestamp));
        Ok(Self {
            root: is_new_root.then(|| Publishable {
                file: RemoteFile::root(root.version()),
                metadata: Arc::new(as_authentic(&root)),
            }),
            roles,
            snapshot: is_new_snapshot.then(|| Publishable {
                file: file(RoleType::Snapshot.into(), new_snapshot.version()),
                metadata: new_snapshot,
            }),
            timestamp: is_new_timestamp
                .then(|| Publishable { file: RemoteFile::timestamp(), metadata: new_timestamp }),
            order,
            replaces: !consistent && !renamed && is_new_snapshot && before.snapshot.is_some(),
            published: next,
        })
    }

    /// The files in the order in which to upload them: delegated roles, targets, the snapshot, and
    /// the timestamp. A root comes first, or last if what is published before it is not signed as
    /// it asks.
    pub fn files(&self) -> impl Iterator<Item = ReleaseFile<'_>> {
        let root = |when| self.root.iter().filter(move |_| self.order == when).map(view);
        let roles = self.roles.iter().map(view);
        let snapshot = self.snapshot.iter().map(view);
        let timestamp = self.timestamp.iter().map(view);
        root(Order::RootFirst)
            .chain(roles)
            .chain(snapshot)
            .chain(root(Order::Gap))
            .chain(timestamp)
            .chain(root(Order::RootLast))
    }

    /// Whether devices see the old repository or the new one at every moment of the upload.
    ///
    /// `false` where the root takes keys away whose signatures the new files do not have: they were
    /// lost, or stolen. Between the root and the timestamp devices then refuse, and try again. And
    /// without consistent snapshots, where new files take the place of those that the timestamp
    /// still names.
    #[must_use]
    pub fn is_gapless(&self) -> bool {
        !self.replaces && (self.root.is_none() || self.order != Order::Gap)
    }

    /// The root, if it is new.
    #[must_use]
    pub fn root(&self) -> Option<&Publishable<Root>> {
        self.root.as_ref()
    }

    /// The targets roles that are new.
    #[must_use]
    pub fn roles(&self) -> &[Publishable<Targets>] {
        &self.roles
    }

    /// The snapshot, if it is new.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Publishable<Snapshot>> {
        self.snapshot.as_ref()
    }

    /// The timestamp, if it is new.
    #[must_use]
    pub fn timestamp(&self) -> Option<&Publishable<Timestamp>> {
        self.timestamp.as_ref()
    }

    /// The repository once all is uploaded, for the next draft.
    #[must_use]
    pub fn published(&self) -> &Published {
        &self.published
    }

    /// The same, and the release is done with.
    #[must_use]
    pub fn into_published(self) -> Published {
        self.published
    }
}

fn view<R: Signed>(publishable: &Publishable<R>) -> ReleaseFile<'_> {
    ReleaseFile { file: &publishable.file, bytes: publishable.bytes() }
}

/// Whether `after` takes a key from timestamp or snapshot: devices then drop what they have stored
/// of both (§5.3.11).
fn takes_online_key(before: &Trusted<'_, Root>, after: &Trusted<'_, Root>) -> bool {
    [RoleType::Timestamp, RoleType::Snapshot].into_iter().any(|role| {
        let keys = |root: &Trusted<'_, Root>| Authority::root(root.document(), role).fingerprints();
        let left = keys(after);
        keys(before).iter().any(|key| !left.contains(key))
    })
}

fn order(before: &Published, next: &Published, policy: &Policy) -> Order {
    let (Some(old), Some(new)) = (&before.root, &next.root) else { return Order::RootFirst };
    if Arc::ptr_eq(old, new) || vouches(new, before, policy) {
        Order::RootFirst
    } else if vouches(old, next, policy) {
        Order::RootLast
    } else {
        Order::Gap
    }
}

/// The same where all files get new names. They are there before the root says so; but if the
/// timestamp changes as well, what it names has the old names no more.
fn renaming(before: &Published, next: &Published) -> Order {
    match (&before.timestamp, &next.timestamp) {
        (Some(old), Some(new)) if Arc::ptr_eq(old, new) => Order::RootLast,
        _ => Order::Gap,
    }
}

/// Whether the files of a repository are signed as `root` asks.
fn vouches(root: &Trusted<'static, Root>, files: &Published, policy: &Policy) -> bool {
    let limits = &policy.limits;
    let timestamp = files.timestamp.as_ref();
    let snapshot = files.snapshot.as_ref();
    let targets = files.roles.get(&RoleName::targets());
    timestamp.is_none_or(|file| is_signed_by(root, RoleType::Timestamp, file, limits))
        && snapshot.is_none_or(|file| is_signed_by(root, RoleType::Snapshot, file, limits))
        && targets.is_none_or(|file| is_signed_by(root, RoleType::Targets, file, limits))
}

/// All roles that the snapshot lists; each has to be loaded.
fn all_roles(next: &Published, listing: &Trusted<'_, Snapshot>) -> Result<Vec<RoleName>> {
    let names = listing.document().listing().map(|(name, _)| {
        let name = name.decode();
        RoleName::checked(name.strip_suffix(".json").unwrap_or(&name))
    });
    names
        // Nobody comes to a role that nobody delegates to.
        .filter(|role| role.is_targets() || next.delegators().any(|(_, all)| delegates(all, role)))
        .map(|role| {
            let loaded = next.roles.contains_key(&role);
            if loaded { Ok(role) } else { Err(SealError::NotLoaded { role }) }
        })
        .collect()
}

impl fmt::Debug for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.files().map(|file| file.name())).finish()
    }
}

impl<R> fmt::Debug for Publishable<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Publishable").field(&self.file.name()).finish()
    }
}
