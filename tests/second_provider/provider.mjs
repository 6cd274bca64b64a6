// The certified npm oidc-provider, set up as ID-porten is. Its whole configuration comes as one
// line of JSON on stdin; it answers with its port, and ends when stdin does: with its parent.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import Provider, { interactionPolicy } from "oidc-provider";

const LEVELS = ["idporten-loa-low", "idporten-loa-substantial", "idporten-loa-high"];
const CLAIMS = { openid: ["sub", "pid", "acr", "amr", "auth_time"], profile: ["given_name", "family_name"] };
const SECONDS = 120;

const people = new Map();

// What it remembers, for as long as the process lives; its own adapter warns that it does so.
class Memory {
  static rows = new Map();

  constructor(kind) {
    this.kind = kind;
  }

  key(id) {
    return `${this.kind} ${id}`;
  }

  async upsert(id, payload) {
    Memory.rows.set(this.key(id), payload);
  }

  async find(id) {
    return Memory.rows.get(this.key(id));
  }

  async findByUid(uid) {
    return [...Memory.rows.values()].find((row) => row.kind === this.kind && row.uid === uid);
  }

  async consume(id) {
    (await this.find(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    Memory.rows.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const [key, row] of Memory.rows) if (row.grantId === grantId) Memory.rows.delete(key);
  }
}

function accountOf(person) {
  const id = createHash("sha512").update(person.pid ?? "without number").digest("base64url");
  people.set(id, person);
  return id;
}

// `acr_values` is a minimum: a session of a lower level is not enough.
function policy() {
  const { base, Check } = interactionPolicy;
  const prompts = base();
  prompts.get("login").checks.add(
    new Check("level_too_low", "a higher level is asked for", (ctx) => {
      const asked = LEVELS.indexOf(ctx.oidc.params.acr_values);
      return ctx.oidc.session.accountId !== undefined && LEVELS.indexOf(ctx.oidc.acr) < asked;
    }),
  );
  return prompts;
}

async function everythingGranted(ctx) {
  const { client, session } = ctx.oidc;
  const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(Object.keys(CLAIMS).join(" "));
  await grant.save();
  return grant;
}

function configuration({ jwks, cookieKey, clients }) {
  return {
    adapter: Memory,
    jwks,
    clients,
    claims: CLAIMS,
    acrValues: LEVELS,
    conformIdTokenClaims: false,
    clientAuthMethods: ["private_key_jwt"],
    enabledJWA: { idTokenSigningAlgValues: ["RS256"], clientAuthSigningAlgValues: ["RS256"] },
    cookies: { keys: [cookieKey] },
    // Without its own dispatcher, which refuses loopback.
    fetch: (address, { dispatcher, ...options }) => globalThis.fetch(address, options),
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      rpInitiatedLogout: { enabled: true, logoutSource: askNothing },
    },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }),
    interactions: { policy: policy(), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: everythingGranted,
    pkce: { required: () => true },
    responseTypes: ["code"],
    routes: {
      authorization: "/authorize",
      end_session: "/logout",
      jwks: "/jwks.json",
      pushed_authorization_request: "/par",
      token: "/token",
      userinfo: "/userinfo",
    },
    scopes: ["openid", "profile"],
    ttl: {
      AccessToken: SECONDS,
      AuthorizationCode: SECONDS,
      Grant: 7200,
      IdToken: SECONDS,
      Interaction: 1800,
      Session: 7200,
    },
  };
}

function askNothing(ctx, form) {
  ctx.body = `<!doctype html><title>Logout</title>${form}<button form="op.logoutForm" name="logout" value="yes">Yes</button>`;
}

// Who signs in is what the form says: there is nobody to choose among.
async function interaction(provider, request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === "GET") {
    response.setHeader("Content-Type", "text/html");
    response.end(`<!doctype html><title>Sign in</title><form method="post" action="/interaction/${details.uid}"></form>`);
    return;
  }
  const form = Object.fromEntries(new URLSearchParams(await bodyOf(request)));
  const { acr, amr, ...person } = form;
  const result = acr
    ? { login: { accountId: accountOf(person), acr, amr: [amr], remember: true } }
    : { error: "access_denied" };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

let answer = (_request, response) => response.writeHead(503).end();

function configure(line) {
  const settings = JSON.parse(line);
  Memory.rows.clear();
  people.clear();
  const provider = new Provider(settings.issuer, configuration(settings));
  const others = provider.callback();
  answer = (request, response) => {
    if (!request.url.startsWith("/interaction/")) return others(request, response);
    interaction(provider, request, response).catch(() => response.writeHead(400).end());
  };
}

const server = createServer((request, response) => answer(request, response));
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  configure(line);
  if (server.listening) return console.log("again");
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
});
lines.on("close", () => process.exit(0));
