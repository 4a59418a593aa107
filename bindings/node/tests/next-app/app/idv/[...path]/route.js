import { Account } from "idvkit";
import { Verifications, openStore } from "idvkit/host";

export const dynamic = "force-dynamic";

let routes;

async function handler(request) {
  routes ??= new Verifications({
    accounts: new Account({
      provider: "biometric_kz",
      api_key: "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001",
    }),
    store: await openStore("sqlite::memory:"),
  }).routes(() => "user-1");
  return routes(request);
}

export { handler as GET, handler as POST };
