/**
 * The types of `<idv-journey>` for templates of Vue 3. Import them once:
 *
 *     import type {} from "idvkit-web/vue";
 */

import type { DefineComponent } from "vue";

import type { IdvAttributes, IdvHandler } from "./attributes.js";
import type { IdvEvents } from "./events.js";

type Camel<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Capitalize<Head>}${Camel<Tail>}` : Capitalize<S>;
type Handlers = { [K in keyof IdvEvents as `on${Camel<K>}`]?: IdvHandler<K> | undefined };

declare module "vue" {
  interface GlobalComponents {
    "idv-journey": DefineComponent<IdvAttributes & Handlers>;
  }
}
