//! The pages, where there are any, and their microphones.

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Home, Live};
use crate::config::Config;
use crate::hub::ClientId;
use crate::voice::Voice;

#[cfg(feature = "web")]
pub(super) use crate::web::FromClient;

/// Without the page, nobody speaks through it.
#[cfg(not(feature = "web"))]
#[derive(Clone, Copy)]
pub(super) enum FromClient {}

#[cfg(feature = "web")]
#[derive(Debug, Default)]
pub(super) struct Pages {
    web: Option<crate::web::Web>,
    /// Where there is a speech model.
    #[cfg(feature = "sentences")]
    microphones: Option<crate::voice::Microphones>,
    /// What microphones have to tell.
    told: Option<mpsc::Receiver<(ClientId, Bytes)>>,
    /// A page wants to be listened to.
    speech_wanted: bool,
}

#[cfg(feature = "web")]
impl Pages {
    pub(super) async fn open(
        config: &Config,
        voice: &Voice,
        told: mpsc::Sender<FromClient>,
    ) -> Self {
        use crate::web::{Access, Web};
        if !config.web.enabled {
            return Self::default();
        }
        let token = config.web.token.as_ref();
        let access = Access {
            token: token.map_or_else(String::new, |token| token.reveal().clone()),
            hosts: Vec::new(),
        };
        let web = Some(Web::open(config.web.listen, access, told).await);
        #[cfg(feature = "sentences")]
        {
            let (tell, telling) = mpsc::channel(super::QUEUE);
            Self {
                web,
                microphones: crate::voice::worker(config)
                    .map(|_| crate::voice::Microphones::new(voice.ears(), voice.mouths(), tell)),
                told: Some(telling),
                speech_wanted: false,
            }
        }
        #[cfg(not(feature = "sentences"))]
        {
            let _ = voice;
            Self {
                web,
                ..Self::default()
            }
        }
    }

    /// Where the page is, or why it is not served; nothing if there is to be none.
    pub(super) fn at(&self) -> Option<Result<String, String>> {
        self.web.as_ref().map(crate::web::Web::page)
    }

    pub(super) fn publish(&mut self, topic: &str, payload: &[u8]) {
        if let Some(web) = &mut self.web {
            web.publish(topic, payload);
        }
    }

    pub(super) fn tell(&mut self, client: ClientId, topic: &str, payload: &[u8]) {
        if let Some(web) = &mut self.web {
            web.tell(client, topic, payload);
        }
    }

    /// What a microphone has to tell next; never, if there is none. May be dropped and called again.
    pub(super) async fn told(&mut self) -> (ClientId, Bytes) {
        if let Some(told) = &mut self.told
            && let Some(next) = told.recv().await
        {
            return next;
        }
        std::future::pending().await
    }

    /// Whether a page wanted to be listened to since this was last asked.
    pub(super) const fn speech_wanted(&mut self) -> bool {
        std::mem::replace(&mut self.speech_wanted, false)
    }
}

#[cfg(not(feature = "web"))]
#[derive(Debug, Default)]
pub(super) struct Pages;

#[cfg(not(feature = "web"))]
impl Pages {
    pub(super) async fn open(_: &Config, _: &Voice, _: mpsc::Sender<FromClient>) -> Self {
        Self
    }

    pub(super) const fn at(&self) -> Option<Result<String, String>> {
        None
    }

    pub(super) const fn publish(&mut self, _: &str, _: &[u8]) {}

    pub(super) const fn tell(&mut self, _: ClientId, _: &str, _: &[u8]) {}

    pub(super) async fn told(&mut self) -> (ClientId, Bytes) {
        std::future::pending().await
    }

    pub(super) const fn speech_wanted(&mut self) -> bool {
        false
    }
}

impl Home<Live> {
    /// What a page did.
    #[cfg(feature = "web")]
    pub(super) fn page(&mut self, page: FromClient) {
        use crate::hub::{Input, Message, Origin};
        let pages = &mut self.world.pages;
        match page {
            FromClient::Came { client, frames } => {
                if let Some(web) = &mut pages.web {
                    web.came(client, frames);
                }
                #[cfg(feature = "sentences")]
                if let Some(microphones) = &pages.microphones {
                    microphones.came(client);
                }
                self.feed(Input::Client(client));
            }
            FromClient::Said { client, frame } => {
                #[cfg(feature = "sentences")]
                if let Some(microphones) = &mut pages.microphones
                    && frame.topic == "voice/microphone"
                {
                    pages.speech_wanted |= microphones.said(client, &frame.payload);
                    return;
                }
                self.feed(Input::Message(Message {
                    topic: frame.topic,
                    payload: frame.payload.into(),
                    origin: Origin::Client(client),
                }));
            }
            #[cfg(not(feature = "sentences"))]
            FromClient::Sounded { .. } => {}
            #[cfg(feature = "sentences")]
            FromClient::Sounded { client, sound } => {
                if let Some(microphones) = &pages.microphones {
                    microphones.sounded(client, sound);
                }
            }
            FromClient::Went { client } => {
                if let Some(web) = &mut pages.web {
                    web.went(client);
                }
                #[cfg(feature = "sentences")]
                if let Some(microphones) = &mut pages.microphones {
                    microphones.went(client);
                }
            }
        }
    }

    #[cfg(not(feature = "web"))]
    pub(super) const fn page(&mut self, page: FromClient) {
        match page {}
    }
}
