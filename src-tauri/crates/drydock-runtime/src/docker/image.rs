//! Images: which one a runtime has, and that it is there.
//!
//! Owns: the choice, and one pull at a time of each image, whose progress is told to everybody who waits for it. Must
//! not: know where credentials come from.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use drydock_core::runtime::Runtime;
use futures_util::StreamExt;
use tokio::sync::watch;

use super::credentials;
use super::engine::{Engine, Failure};
use super::news::News;

/// For one image: a gigabyte over a slow line. After that it is tried again by whoever needs it next.
const PULL_LIMIT: Duration = Duration::from_mins(15);

/// Between two lines of progress: often enough to see that something moves.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// The images of this server.
#[derive(Debug)]
pub(super) struct Images {
    /// Other images than the list's, by the runtime's id.
    chosen: HashMap<String, String>,
    pulls: Mutex<HashMap<String, watch::Receiver<Pull>>>,
}

/// How far a pull is.
#[derive(Debug, Clone)]
enum Pull {
    Runs(String),
    Done(Result<(), Failure>),
}

impl Images {
    pub(super) fn new(chosen: HashMap<String, String>) -> Self {
        Self {
            chosen,
            pulls: Mutex::default(),
        }
    }

    /// The image that functions of a runtime run in.
    pub(super) fn of<'a>(&'a self, runtime: &'a Runtime) -> &'a str {
        self.chosen.get(runtime.id).map_or(runtime.image, String::as_str)
    }

    /// What is being pulled now, each with how far it is.
    pub(super) fn pulling(&self) -> Vec<(String, String)> {
        let mut pulling: Vec<_> = self
            .pulls()
            .iter()
            .filter_map(|(image, pull)| match &*pull.borrow() {
                Pull::Runs(how_far) => Some((image.clone(), how_far.clone())),
                Pull::Done(_) => None,
            })
            .collect();
        pulling.sort();
        pulling
    }

    /// Sees to it that an image is there; `news` says how far its pull is, if it is pulled.
    pub(super) async fn ensure(
        self: &Arc<Self>,
        engine: &Arc<Engine>,
        image: &str,
        news: &News,
    ) -> Result<(), Failure> {
        let docker = engine.docker().await?;
        match docker.inspect_image(image).await {
            Ok(_) => return Ok(()),
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => {}
            Err(error) => return Err(engine.failure(error)),
        }
        let mut pull = self.join_pull(engine, docker, image);
        loop {
            let now = pull.borrow_and_update().clone();
            match now {
                Pull::Done(done) => return done,
                Pull::Runs(how_far) => {
                    news.say(format!("Drydock: pulling the image {image}{how_far}\n"));
                }
            }
            // Whoever pulls says that it is done before it goes.
            if pull.changed().await.is_err() {
                return Err(Failure::NoImage {
                    image: image.to_owned(),
                    why: "its pull broke off inside the server".to_owned(),
                });
            }
        }
    }

    /// The pull of an image that is under way, else a new one. It goes on when nobody waits any more.
    fn join_pull(
        self: &Arc<Self>,
        engine: &Arc<Engine>,
        docker: Docker,
        image: &str,
    ) -> watch::Receiver<Pull> {
        let mut pulls = self.pulls();
        if let Some(pull) = pulls.get(image) {
            return pull.clone();
        }
        let (told, pull) = watch::channel(Pull::Runs(String::new()));
        pulls.insert(image.to_owned(), pull.clone());
        let (images, engine, image) = (Arc::clone(self), Arc::clone(engine), image.to_owned());
        tokio::spawn(async move {
            tracing::info!(image, "pulling an image");
            let pulled = tokio::time::timeout(PULL_LIMIT, pulled(&engine, &docker, &image, &told));
            let done = pulled.await.unwrap_or_else(|_| {
                Err(Failure::NoImage {
                    image: image.clone(),
                    why: format!("it took longer than {} minutes", PULL_LIMIT.as_secs() / 60),
                })
            });
            match &done {
                Ok(()) => tracing::info!(image, "the image is there"),
                Err(failure) => tracing::warn!(image, why = failure.words(), "an image could not be pulled"),
            }
            images.pulls().remove(&image);
            told.send_replace(Pull::Done(done));
        });
        pull
    }

    fn pulls(&self) -> MutexGuard<'_, HashMap<String, watch::Receiver<Pull>>> {
        self.pulls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn pulled(
    engine: &Engine,
    docker: &Docker,
    image: &str,
    told: &watch::Sender<Pull>,
) -> Result<(), Failure> {
    // Without a tag or digest an engine would pull all of them.
    let named = if has_tag(image) {
        image.to_owned()
    } else {
        format!("{image}:latest")
    };
    let docker = match credentials::header_for(image).await {
        None => docker.clone(),
        Some(header) => docker.clone().with_request_modifier(move |mut request| {
            if let Ok(header) = header.parse() {
                request.headers_mut().insert("x-registry-auth", header);
            }
            request
        }),
    };
    let options = CreateImageOptionsBuilder::default().from_image(&named).build();
    let mut news = std::pin::pin!(docker.create_image(Some(options), None, None));
    let mut layers = HashMap::new();
    let mut last = None;
    while let Some(one) = news.next().await {
        let one = one.map_err(|error| match engine.failure(error) {
            Failure::Refused(why) | Failure::Missing(why) => Failure::NoImage {
                image: image.to_owned(),
                why,
            },
            other => other,
        })?;
        note(&mut layers, one);
        if last.is_none_or(|last: tokio::time::Instant| last.elapsed() >= TELL_EVERY) {
            last = Some(tokio::time::Instant::now());
            told.send_replace(Pull::Runs(how_far(&layers)));
        }
    }
    Ok(())
}

/// Bytes that are there and bytes in all, of each layer.
type Layers = HashMap<String, (i64, i64)>;

fn note(layers: &mut Layers, news: CreateImageInfo) {
    if let (Some(id), Some(detail), Some("Downloading")) =
        (news.id, news.progress_detail, news.status.as_deref())
    {
        layers.insert(id, (detail.current.unwrap_or(0), detail.total.unwrap_or(0)));
    }
}

fn how_far(layers: &Layers) -> String {
    let sum = |part: fn(&(i64, i64)) -> i64| layers.values().map(part).sum::<i64>() / 1_000_000;
    match sum(|layer| layer.1) {
        0 => String::new(),
        total => format!(": {} of {total} MB", sum(|layer| layer.0)),
    }
}

/// A colon before the last slash is that of a registry's port.
fn has_tag(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.contains(':') || name.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_of_a_runtime_is_the_lists_or_the_users() {
        let node = Runtime::parse("runtime", "node-20.0").unwrap();
        let python = Runtime::parse("runtime", "python-3.12").unwrap();
        let images = Images::new(HashMap::from([("node-20.0".to_owned(), "mine:1".to_owned())]));
        assert_eq!((images.of(node), images.of(python)), ("mine:1", python.image));
    }

    #[test]
    fn a_port_is_not_a_tag() {
        assert!(has_tag("node:20") && has_tag("registry:5000/node:20") && has_tag("node@sha256:00"));
        assert!(!has_tag("node") && !has_tag("registry:5000/node"));
    }

    #[test]
    fn progress_is_the_sum_of_all_layers() {
        let mut layers = Layers::new();
        assert_eq!(how_far(&layers), "");
        layers.insert("a".to_owned(), (1_000_000, 5_000_000));
        layers.insert("b".to_owned(), (2_000_000, 5_000_000));
        assert_eq!(how_far(&layers), ": 3 of 10 MB");
    }
}
