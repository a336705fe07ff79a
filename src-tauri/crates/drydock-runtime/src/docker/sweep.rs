//! What is in the engine of ours: to be shown, and to be removed.
//!
//! Owns: finding everything that carries this data folder's label. Must not: touch anything without it.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::{ContainerSummary, SystemVersion};
use bollard::query_parameters::{ListContainersOptionsBuilder, ListVolumesOptionsBuilder};
use drydock_core::runtime::Runtime;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::engine::Failure;
use super::{DockerBackend, Works, container, volume};

/// How long containers may take to be gone that are being removed, and the pause between two looks.
const GONE_LIMIT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The engine and what it has of ours.
#[derive(Debug, Clone)]
pub struct EngineStatus {
    /// Where it is.
    pub host: String,
    /// What it is, or why it cannot be asked.
    pub version: Result<String, String>,
    /// The images of all runtimes.
    pub images: Vec<ImageStatus>,
    /// The containers of this server.
    pub containers: Vec<ContainerStatus>,
    /// Why functions in containers cannot call the API, if they cannot.
    pub api_closed: Option<String>,
}

/// The image of a runtime.
#[derive(Debug, Clone)]
pub struct ImageStatus {
    /// The runtime's id.
    pub runtime: &'static str,
    /// The image's name.
    pub image: String,
    /// Whether the engine has it.
    pub is_present: bool,
    /// How far its pull is, if it is being pulled.
    pub pulling: Option<String>,
}

/// A container of this server.
#[derive(Debug, Clone)]
pub struct ContainerStatus {
    /// Its name.
    pub name: String,
    /// What it is of.
    pub image: String,
    /// The engine's word for its state.
    pub state: String,
}

impl DockerBackend {
    /// Removes what earlier runs of the server on this data folder have left in an engine that they have used. One that
    /// does not answer is asked at the next start.
    pub async fn sweep(&self) {
        let works = &self.0;
        let (mark, host) = (Arc::clone(&works.mark), works.engine.host().to_owned());
        let is_set = tokio::task::spawn_blocking(move || mark.is_set(&host)).await;
        if !is_set.unwrap_or(true) {
            return;
        }
        let Ok(docker) = works.engine.docker().await else {
            return;
        };
        let left = |labels: Option<&_>| works.labels.is_left_over(labels);
        match works.remove(&docker, left).await {
            Ok(removed) => {
                if removed.containers + removed.volumes > 0 {
                    tracing::info!(
                        containers = removed.containers,
                        volumes = removed.volumes,
                        "removed what an earlier run has left in the container engine"
                    );
                }
                let is_used = works.is_used.lock().await;
                if removed.is_all && !*is_used {
                    works.note_end_of_use().await;
                }
            }
            Err(failure) => tracing::warn!(why = failure.words(), "the container engine is not tidied up"),
        }
    }

    /// The engine, its images and our containers.
    pub async fn status(&self) -> EngineStatus {
        let works = &self.0;
        let asked = async {
            let docker = works.engine.docker().await?;
            let version = docker.version().await;
            let version = version.map_err(|error| works.engine.failure(error))?;
            Ok::<_, Failure>((docker, name_of(version)))
        };
        let (docker, version) = match asked.await {
            Ok((docker, version)) => (Some(docker), Ok(version)),
            Err(failure) => (None, Err(failure.words())),
        };
        let (images, containers, api_closed) = match &docker {
            Some(docker) => tokio::join!(
                works.image_status(docker),
                works.container_status(docker),
                works.way.closed(&works.engine)
            ),
            None => (Vec::new(), Vec::new(), None),
        };
        EngineStatus {
            host: works.engine.host().to_owned(),
            version,
            images,
            containers,
            api_closed,
        }
    }
}

/// What was removed.
struct Removed {
    containers: usize,
    volumes: usize,
    /// Nothing that was meant is left.
    is_all: bool,
}

/// What an engine calls itself, without its edition, and its version.
fn name_of(version: SystemVersion) -> String {
    let platform = version.platform.map(|platform| platform.name).unwrap_or_default();
    let name = match platform.split(" - ").next() {
        None | Some("") => "Docker",
        Some(name) => name,
    };
    format!("{name} {}", version.version.unwrap_or_default())
}

impl Works {
    /// Before anything is made in the engine: that there may be something of ours in it.
    pub(super) async fn note_use(&self) -> Result<(), Failure> {
        let mut is_used = self.is_used.lock().await;
        if *is_used {
            return Ok(());
        }
        let (mark, host) = (Arc::clone(&self.mark), self.engine.host().to_owned());
        let set = tokio::task::spawn_blocking(move || mark.set(&host)).await;
        match set.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok(()) => {
                *is_used = true;
                Ok(())
            }
            Err(error) => Err(Failure::NoNote(error.to_string())),
        }
    }

    /// When nothing of ours is in it.
    async fn note_end_of_use(&self) {
        let (mark, host) = (Arc::clone(&self.mark), self.engine.host().to_owned());
        // A mark that stays costs the next start a look.
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || mark.clear(&host)).await {
            tracing::debug!(%error, "the mark of a container engine stays");
        }
    }

    /// Removes everything of this data folder, which no other server has.
    pub(super) async fn remove_all(&self) {
        let Ok(docker) = self.engine.docker().await else {
            return;
        };
        let any = |labels: Option<&_>| self.labels.is_ours(labels) || self.labels.is_left_over(labels);
        match self.remove(&docker, any).await {
            Ok(removed) if removed.is_all => self.note_end_of_use().await,
            Ok(_) => tracing::warn!("not all containers and volumes are removed; the next start tries again"),
            Err(failure) => tracing::warn!(
                why = failure.words(),
                "containers may be left; the next start removes them"
            ),
        }
    }

    /// Removes the containers of this run.
    pub(super) async fn remove_containers(&self) {
        let Ok(docker) = self.engine.docker().await else {
            return;
        };
        let ours = |labels: Option<&_>| self.labels.is_ours(labels);
        // Again until none is left: the keeper of one that waits removes it at the same time.
        let begun = Instant::now();
        while begun.elapsed() < GONE_LIMIT {
            match self.remove_containers_that(&docker, ours).await {
                Ok((0, _)) => return,
                Ok(_) => sleep(LOOK_AGAIN).await,
                Err(failure) => {
                    return tracing::warn!(why = failure.words(), "containers may be left");
                }
            }
        }
    }

    /// Removes containers and then volumes by their labels.
    async fn remove(
        &self,
        docker: &Docker,
        is_meant: impl Fn(Option<&HashMap<String, String>>) -> bool,
    ) -> Result<Removed, Failure> {
        let failure = |error| self.engine.failure(error);
        let (containers, mut is_all) = self.remove_containers_that(docker, &is_meant).await?;
        let filter = self.labels.filter();
        let options = ListVolumesOptionsBuilder::default().filters(&filter).build();
        let volumes = docker.list_volumes(Some(options)).await.map_err(failure)?;
        let volumes: Vec<_> = volumes
            .volumes
            .unwrap_or_default()
            .into_iter()
            .filter(|one| is_meant(Some(&one.labels)))
            .collect();
        let removed = volumes.iter().map(|one| volume::remove(docker, &one.name));
        for result in join_all(removed).await {
            if let Err(error) = result {
                tracing::warn!(%error, "a volume could not be removed");
                is_all = false;
            }
        }
        Ok(Removed {
            containers,
            volumes: volumes.len(),
            is_all,
        })
    }

    /// How many there were, and whether all are removed.
    async fn remove_containers_that(
        &self,
        docker: &Docker,
        is_meant: impl Fn(Option<&HashMap<String, String>>) -> bool,
    ) -> Result<(usize, bool), Failure> {
        let listed = self.listed(docker).await;
        let meant: Vec<_> = listed
            .map_err(|error| self.engine.failure(error))?
            .into_iter()
            .filter(|one| is_meant(one.labels.as_ref()))
            .filter_map(|one| one.id)
            .collect();
        let removed = join_all(meant.iter().map(|id| container::remove(docker, id))).await;
        Ok((meant.len(), removed.into_iter().all(|is| is)))
    }

    /// The containers with this data folder's label, running or not.
    async fn listed(&self, docker: &Docker) -> Result<Vec<ContainerSummary>, Error> {
        let filter = self.labels.filter();
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filter)
            .build();
        docker.list_containers(Some(options)).await
    }

    /// The container of this data folder with an address.
    pub(super) async fn container_at(&self, address: IpAddr) -> Option<String> {
        let docker = self.engine.docker().await.ok()?;
        let listed = self.listed(&docker).await.ok()?;
        let address = address.to_string();
        let has_it = |one: &ContainerSummary| {
            let networks = one.network_settings.as_ref()?.networks.as_ref()?;
            Some(
                networks
                    .values()
                    .any(|network| network.ip_address.as_deref() == Some(&address)),
            )
        };
        listed.into_iter().find(|one| has_it(one) == Some(true))?.id
    }

    async fn image_status(&self, docker: &Docker) -> Vec<ImageStatus> {
        let pulling = self.images.pulling();
        let asked = Runtime::all().map(|runtime| {
            let image = self.images.of(runtime).to_owned();
            let pulling = pulling.iter().find(|(name, _)| *name == image);
            let pulling = pulling.map(|(_, how_far)| how_far.clone());
            async move {
                ImageStatus {
                    runtime: runtime.id,
                    is_present: docker.inspect_image(&image).await.is_ok(),
                    image,
                    pulling,
                }
            }
        });
        join_all(asked).await
    }

    async fn container_status(&self, docker: &Docker) -> Vec<ContainerStatus> {
        let found = self.listed(docker).await.unwrap_or_default();
        let mut containers: Vec<_> = found
            .into_iter()
            .map(|one| ContainerStatus {
                name: one
                    .names
                    .unwrap_or_default()
                    .first()
                    .map(|name| name.trim_start_matches('/').to_owned())
                    .unwrap_or_default(),
                image: one.image.unwrap_or_default(),
                state: one.state.map(|state| state.to_string()).unwrap_or_default(),
            })
            .collect();
        containers.sort_by(|a, b| a.name.cmp(&b.name));
        containers
    }
}
