//! JSON web tokens: read without the key, and forged without it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// Header and claims of a token.
pub fn claims(jwt: &str) -> (Value, Value) {
    let parts: Vec<_> = jwt.split('.').collect();
    assert_eq!(parts.len(), 3, "a token has three parts: {jwt}");
    (decode(parts[0]), decode(parts[1]))
}

/// The same token with other headers or claims, and the signature of the true one.
pub fn forged(jwt: &str, change: impl Fn(&mut Value, &mut Value)) -> String {
    let (mut header, mut claims) = claims(jwt);
    change(&mut header, &mut claims);
    let signature = jwt.rsplit('.').next().unwrap();
    format!("{}.{}.{signature}", encode(&header), encode(&claims))
}

fn decode(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}
