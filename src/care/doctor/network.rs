//! Whether a node's hub can be found, reached and recognised, directly or through a proxy, and whether the link stands still; and
//! whether a hub can be found where it says.

use super::Finding;

/// How far one try came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reached {
    /// It was not tried: key and certificate cannot be used.
    NotTried,
    /// No address answered; why.
    Nobody(String),
    /// The proxy does not lead there; why.
    Proxy(String),
    /// Something else answered; why.
    NotAHub(String),
    /// What answered is not the hub of this federation; why.
    HubRefused(String),
    /// The hub does not take this node's certificate; why.
    Refused(String),
    /// Both sides took the other's certificate.
    Linked,
}

/// What is known of the way from a node to its hub.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Where the hub is; none if the node has no link.
    pub hub: Option<String>,
    /// The proxy in the settings.
    pub proxy: Option<String>,
    /// A proxy that the environment names, which this program does not use.
    pub environment_proxy: Option<String>,
    /// Addresses of the name that is dialled first, or why there are none.
    pub addresses: Result<Vec<String>, String>,
    /// How far a try came.
    pub reached: Reached,
    /// Why the link stands still, if it does.
    pub fault: Option<String>,
}

/// Judges the way to the hub.
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let Some(hub) = &facts.hub else {
        return vec![Finding::warning("hub", "no-hub", vec![])];
    };
    let at = || vec![("hub", hub.clone())];
    let mut found = vec![name(facts, hub)];
    found.extend(proxy(facts, hub));
    let because = |why: &str| [at(), vec![("cause", why.to_owned())]].concat();
    found.push(match &facts.reached {
        _ if facts.addresses.is_err() => Finding::skipped("hub", "hub-not-tried", at()),
        Reached::NotTried => Finding::skipped("hub", "hub-not-tried", at()),
        Reached::Nobody(why) => Finding::problem("hub", "hub-unreachable", because(why)),
        Reached::Proxy(why) => Finding::problem("hub", "proxy-refuses", because(why)),
        Reached::NotAHub(why) => Finding::problem("hub", "hub-not-a-hub", because(why)),
        Reached::HubRefused(why) => Finding::problem("hub", "hub-not-ours", because(why)),
        Reached::Refused(why) => Finding::problem("hub", "hub-refuses-us", because(why)),
        Reached::Linked => Finding::ok("hub", "hub-ok", at()),
    });
    found.extend(
        facts.fault.as_ref().map(|fault| Finding::problem("link", "link-fault", vec![("fault", fault.clone())])),
    );
    found
}

/// What is dialled first is the proxy, if there is one.
fn name(facts: &Facts, hub: &str) -> Finding {
    let name = facts.proxy.as_deref().unwrap_or(hub).to_owned();
    match &facts.addresses {
        Ok(addresses) if addresses.is_empty() => Finding::problem("dns", "dns-nothing", vec![("name", name)]),
        Ok(addresses) => Finding::ok("dns", "dns-ok", vec![("name", name), ("addresses", addresses.join(", "))]),
        Err(cause) => Finding::problem("dns", "dns-fails", vec![("name", name), ("cause", cause.clone())]),
    }
}

fn proxy(facts: &Facts, hub: &str) -> Option<Finding> {
    match (&facts.proxy, &facts.environment_proxy) {
        (Some(proxy), _) if proxy == hub => {
            Some(Finding::problem("proxy", "proxy-is-hub", vec![("proxy", proxy.clone())]))
        }
        (Some(proxy), _) => Some(Finding::ok("proxy", "proxy-set", vec![("proxy", proxy.clone())])),
        (None, Some(proxy)) if facts.reached != Reached::Linked => {
            Some(Finding::warning("proxy", "proxy-unused", vec![("proxy", proxy.clone())]))
        }
        (None, Some(_) | None) => None,
    }
}

/// What is known of the place where a hub serves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listening {
    /// Where it listens.
    pub listen: String,
    /// Whether something answers there.
    pub answers: bool,
    /// Whether a hub runs on this folder.
    pub runs: bool,
    /// Where nodes are told to find it.
    pub address: String,
    /// The addresses of that name, or why there are none.
    pub addresses: Result<Vec<String>, String>,
}

/// Judges where a hub serves.
#[must_use]
pub fn judge_listening(facts: &Listening) -> Vec<Finding> {
    let listen = || vec![("listen", facts.listen.clone())];
    let first = match (facts.runs, facts.answers) {
        (true, true) => Finding::ok("running", "hub-runs", listen()),
        (true, false) => Finding::problem("running", "hub-deaf", listen()),
        (false, true) => Finding::problem("running", "port-taken", listen()),
        (false, false) => Finding::warning("running", "hub-stopped", listen()),
    };
    let name = || ("name", facts.address.clone());
    let second = match &facts.addresses {
        Ok(found) if !found.is_empty() => Finding::ok("dns", "dns-ok", vec![name(), ("addresses", found.join(", "))]),
        // Nodes may have another view of names than this machine.
        Ok(_) => Finding::warning("dns", "own-name-nothing", vec![name()]),
        Err(cause) => Finding::warning("dns", "own-name-fails", vec![name(), ("cause", cause.clone())]),
    };
    vec![first, second]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            hub: Some("hub:7443".to_owned()),
            proxy: None,
            environment_proxy: None,
            addresses: Ok(vec!["192.0.2.1".to_owned()]),
            reached: Reached::Linked,
            fault: None,
        }
    }

    fn codes(facts: &Facts) -> Vec<&'static str> {
        judge(facts).into_iter().map(|finding| finding.code).collect()
    }

    fn why() -> String {
        "why".to_owned()
    }

    #[test]
    fn name_that_cannot_be_looked_up_is_well() {
        assert_eq!(codes(&facts()), ["dns-ok", "hub-ok"]);
        let lost = Facts { addresses: Err(why()), reached: Reached::Nobody(why()), ..facts() };
        assert_eq!(codes(&lost), ["dns-fails", "hub-not-tried"]);
        let none = Facts { addresses: Ok(vec![]), reached: Reached::Nobody(why()), ..facts() };
        assert_eq!(codes(&none), ["dns-nothing", "hub-unreachable"]);
    }

    #[test]
    fn hub_that_refuses_or_is_another_is_well() {
        for (reached, code) in [
            (Reached::Nobody(why()), "hub-unreachable"),
            (Reached::Proxy(why()), "proxy-refuses"),
            (Reached::NotAHub(why()), "hub-not-a-hub"),
            (Reached::HubRefused(why()), "hub-not-ours"),
            (Reached::Refused(why()), "hub-refuses-us"),
            (Reached::NotTried, "hub-not-tried"),
        ] {
            assert_eq!(codes(&Facts { reached, ..facts() }), ["dns-ok", code]);
        }
        assert_eq!(codes(&Facts { fault: Some(why()), ..facts() }), ["dns-ok", "hub-ok", "link-fault"]);
        assert_eq!(codes(&Facts { hub: None, ..facts() }), ["no-hub"]);
    }

    #[test]
    fn proxy_of_the_environment_is_believed_to_be_used() {
        let environment = Facts { environment_proxy: Some("proxy:3128".to_owned()), ..facts() };
        assert_eq!(codes(&environment), ["dns-ok", "hub-ok"]);
        let lost = Facts { reached: Reached::Nobody(why()), ..environment };
        assert_eq!(codes(&lost), ["dns-ok", "proxy-unused", "hub-unreachable"]);
        let set = Facts { proxy: Some("proxy:3128".to_owned()), ..facts() };
        assert_eq!(codes(&set), ["dns-ok", "proxy-set", "hub-ok"]);
        assert_eq!(codes(&Facts { proxy: facts().hub, ..facts() }), ["dns-ok", "proxy-is-hub", "hub-ok"]);
    }

    #[test]
    fn port_of_another_program_is_the_hubs() {
        let code = |runs, answers| {
            let facts = Listening {
                listen: "0.0.0.0:7443".to_owned(),
                answers,
                runs,
                address: "hub:7443".to_owned(),
                addresses: Err(why()),
            };
            judge_listening(&facts).into_iter().map(|finding| finding.code).collect::<Vec<_>>()
        };
        assert_eq!(code(true, true), ["hub-runs", "own-name-fails"]);
        assert_eq!(code(true, false)[0], "hub-deaf");
        assert_eq!(code(false, true)[0], "port-taken");
        assert_eq!(code(false, false)[0], "hub-stopped");
    }
}
