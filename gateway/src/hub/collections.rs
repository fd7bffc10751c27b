//! Groups and scenes in the registry: found by number or name, never two of one name.

use radios::DeviceId;

use super::groups::Group;
use super::names;
use super::registry::Registry;
use super::scenes::Scene;

/// No device: names of groups are checked as any device's is.
const NOBODY: DeviceId = DeviceId::Zigbee(radios::Ieee(0));

impl Registry {
    pub(super) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter()
    }

    pub(super) fn groups_mut(&mut self) -> impl Iterator<Item = &mut Group> {
        self.groups.iter_mut()
    }

    pub(super) fn group(&self, id: u16) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    pub(super) fn group_mut(&mut self, id: u16) -> Option<&mut Group> {
        self.groups.iter_mut().find(|group| group.id == id)
    }

    /// The group of this name or number.
    pub(super) fn find_group(&self, key: &str) -> Option<u16> {
        let named = self.groups.iter().find(|group| group.name == key);
        let id = || key.parse().ok().filter(|id| self.group(*id).is_some());
        named.map(|group| group.id).or_else(id)
    }

    /// Whether a group may be called `name`.
    fn free(&self, name: &str, id: Option<u16>) -> Result<(), String> {
        names::check(name, NOBODY)?;
        if name.bytes().all(|b| b.is_ascii_digit()) {
            return Err("a group's name must not be a number".to_owned());
        }
        let taken = self.find(name).is_some()
            || self
                .groups
                .iter()
                .any(|group| group.name == name && Some(group.id) != id);
        if taken {
            return Err(format!("friendly_name '{name}' is already in use"));
        }
        Ok(())
    }

    /// A new group.
    ///
    /// # Errors
    /// Why not, for people; nothing changed.
    pub(super) fn add_group(&mut self, name: &str, id: Option<u16>) -> Result<u16, String> {
        self.free(name, None)?;
        let id = match id {
            Some(id) if self.group(id).is_some() => {
                return Err(format!("group id {id} is already in use"));
            }
            Some(id) => id,
            None => (1..=u16::MAX)
                .find(|id| self.group(*id).is_none())
                .ok_or("too many groups")?,
        };
        self.groups.push(Group {
            id,
            name: name.to_owned(),
            ..Group::default()
        });
        Ok(id)
    }

    /// Gives a group another name; gives the old one back.
    ///
    /// # Errors
    /// Why not, for people; nothing changed.
    pub(super) fn rename_group(&mut self, id: u16, name: &str) -> Result<String, String> {
        self.free(name, Some(id))?;
        let group = self.group_mut(id).ok_or("there is no such group")?;
        Ok(std::mem::replace(&mut group.name, name.to_owned()))
    }

    /// Forgets a group.
    pub(super) fn remove_group(&mut self, id: u16) -> Option<Group> {
        let at = self.groups.iter().position(|group| group.id == id)?;
        Some(self.groups.remove(at))
    }

    pub(super) fn scenes(&self) -> impl Iterator<Item = &Scene> {
        self.scenes.iter()
    }

    pub(super) fn scene(&self, id: u16) -> Option<&Scene> {
        self.scenes.iter().find(|scene| scene.id == id)
    }

    pub(super) fn scene_mut(&mut self, id: u16) -> Option<&mut Scene> {
        self.scenes.iter_mut().find(|scene| scene.id == id)
    }

    pub(super) fn find_scene(&self, name: &str) -> Option<u16> {
        let name = name.to_lowercase();
        let mut scenes = self.scenes.iter();
        let found = scenes.find(|scene| scene.name.to_lowercase() == name)?;
        Some(found.id)
    }

    /// Keeps a scene, in place of the one of its name.
    ///
    /// # Errors
    /// When there are `most` already.
    pub(super) fn put_scene(&mut self, scene: Scene, most: usize) -> Result<u16, String> {
        if let Some(old) = self
            .find_scene(&scene.name)
            .and_then(|id| self.scene_mut(id))
        {
            let id = old.id;
            old.room = scene.room;
            old.group = scene.group;
            old.members = scene.members;
            return Ok(id);
        }
        if self.scenes.len() >= most {
            return Err(format!("there are {most} scenes already"));
        }
        let id = (1..=u16::MAX)
            .find(|id| self.scene(*id).is_none())
            .ok_or("too many scenes")?;
        self.scenes.push(Scene { id, ..scene });
        Ok(id)
    }

    pub(super) fn remove_scene(&mut self, id: u16) -> Option<Scene> {
        let at = self.scenes.iter().position(|scene| scene.id == id)?;
        Some(self.scenes.remove(at))
    }

    /// A device is gone: from its groups and scenes, too. Says whether there were any.
    pub(super) fn leave_groups(&mut self, id: DeviceId) -> bool {
        let mut left = false;
        for group in &mut self.groups {
            let before = group.members.len();
            group.members.retain(|member| *member != id);
            left |= before != group.members.len();
        }
        for scene in &mut self.scenes {
            scene.members.retain(|(member, _)| *member != id);
        }
        left
    }
}
