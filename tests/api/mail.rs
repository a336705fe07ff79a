//! Contract §10: verification, recovery and magic URLs need mail, and there is none.

use drydock_tests::Dock;
use serde_json::json;

use crate::parameters::{Call, bad_emails, bad_ids, bad_passwords};

#[tokio::test]
async fn what_would_send_mail_is_503_because_there_is_no_mail() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let (guest, url) = (dock.guest(), "http://localhost:3000/x");
    let requests = [
        ada.post("/v1/account/verification").json(&json!({ "url": url })),
        guest
            .put("/v1/account/verification")
            .json(&json!({ "userId": "ada", "secret": "0" })),
        guest
            .post("/v1/account/recovery")
            .json(&json!({ "email": ada.email, "url": url })),
        guest.put("/v1/account/recovery").json(
            &json!({ "userId": "ada", "secret": "0", "password": "12345678", "passwordAgain": "12345678" }),
        ),
        guest
            .post("/v1/account/sessions/magic-url")
            .json(&json!({ "userId": "unique()", "email": "new@example.com", "url": url })),
        guest
            .put("/v1/account/sessions/magic-url")
            .json(&json!({ "userId": "ada", "secret": "0" })),
    ];
    for request in requests {
        assert_eq!(request.refused(503).await, "SMTP Disabled");
    }
    assert_eq!(dock.key().get("/v1/users").ok(200).await["sum"], 1);
}

#[tokio::test]
async fn what_would_send_mail_looks_at_its_parameters_first() {
    let dock = Dock::unlimited().start().await;
    let ada = dock.sign_up("ada").await;
    let (guest, url) = (dock.guest(), "http://localhost:3000/x");
    let bad_urls = || {
        [
            ("url", json!("nonsense"), ""),
            ("url", json!("https://evil.example/x"), ""),
            ("url", json!(["http://localhost"]), ""),
        ]
    };

    Call::new(&ada, "POST /v1/account/verification", json!({ "url": url }))
        .needs(&["url"])
        .await
        .refuses(bad_urls())
        .await;
    let body = json!({ "userId": "ada", "secret": "0" });
    Call::new(&guest, "PUT /v1/account/verification", body.clone())
        .needs(&["userId", "secret"])
        .await;
    Call::new(&guest, "PUT /v1/account/sessions/magic-url", body)
        .needs(&["userId", "secret"])
        .await;
    let body = json!({ "email": ada.email, "url": url });
    Call::new(&guest, "POST /v1/account/recovery", body)
        .needs(&["email", "url"])
        .await
        .refuses(bad_emails("email"))
        .await
        .refuses(bad_urls())
        .await;
    let body = json!({ "userId": "ada", "secret": "0", "password": "12345678", "passwordAgain": "12345678" });
    Call::new(&guest, "PUT /v1/account/recovery", body)
        .needs(&["userId", "secret", "password", "passwordAgain"])
        .await
        .refuses(bad_passwords("password"))
        .await;
    let body = json!({ "userId": "unique()", "email": "new@example.com" });
    Call::new(&guest, "POST /v1/account/sessions/magic-url", body)
        .needs(&["userId", "email"])
        .await
        .refuses(bad_ids("userId"))
        .await
        .refuses(bad_emails("email"))
        .await
        .refuses(bad_urls())
        .await;
}
