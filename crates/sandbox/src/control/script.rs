//! How a verification turns out: one script type for each provider.

use serde::{Deserialize, Serialize};

use crate::stand_in::StandIn;
use crate::stand_ins;
use crate::world::World;

macro_rules! script {
    ($($folder:ident: $StandIn:ident, $Settings:ident, $Script:ident, $about:literal;)*) => {
        /// A script for one provider. In JSON the member `provider` names the provider.
        #[derive(Clone, Serialize, Deserialize)]
        #[serde(tag = "provider", rename_all = "snake_case")]
        pub enum Script {
            $(#[doc = $about] $StandIn(stand_ins::$folder::$Script),)*
        }

        impl Script {
            /// `false`: what it names does not exist.
            pub(crate) fn play(self, world: &mut World) -> bool {
                match self {
                    $(Self::$StandIn(script) => stand_ins::$folder::$StandIn::script(world, script),)*
                }
            }
        }
    };
}
stand_ins::list!(script);
