//! A client that is still sending when its answer is known must get that answer: what is left of the body is read
//! and forgotten, within bounds. Otherwise it finds its connection broken, and reports that.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use futures_util::Stream;

use crate::http::extract::drain;

/// A body of which whoever comes later reads on where the one before stopped.
#[derive(Clone)]
struct Shared {
    stream: Arc<Mutex<BodyDataStream>>,
    was_read: Arc<AtomicBool>,
}

impl Stream for Shared {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.was_read.store(true, Ordering::Relaxed);
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *stream).poll_next(context)
    }
}

pub(super) async fn read_on<F>(request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    if request.body().is_end_stream() {
        return next(request).await;
    }
    // Asks before it sends, so that one that is refused sends nothing; reading would tell it to begin.
    let asks_first = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let mut rest = Shared {
        stream: Arc::new(Mutex::new(body.into_data_stream())),
        was_read: Arc::new(AtomicBool::new(false)),
    };
    let body = Body::from_stream(rest.clone());
    let response = next(Request::from_parts(parts, body)).await;
    if !asks_first || rest.was_read.load(Ordering::Relaxed) {
        // However it ends, the answer is the same.
        let _ = drain(&mut rest).await;
    }
    response
}
