import { Account, Reject, catalog } from "idvkit";

export const dynamic = "force-dynamic";

export function GET() {
  try {
    new Account({ provider: "jumio" });
  } catch (error) {
    return Response.json({ code: error instanceof Reject && error.code, provider: catalog("jumio").provider });
  }
}
