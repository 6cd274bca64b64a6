// The certified npm oidc-provider, set up as ID-porten is. Its whole configuration comes as one
// line of JSON on stdin; it answers with its port, and ends when stdin does: with its parent.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import Provider, { errors, interactionPolicy } from "oidc-provider";
// What it would take by itself, given a name so that it does not warn of it.
import { createMemoryAdapter } from "oidc-provider/lib/adapters/memory_adapter.js";

const LEVELS = ["idporten-loa-low", "idporten-loa-substantial", "idporten-loa-high"];
const CLAIMS = { openid: ["sub", "pid", "acr", "amr", "auth_time"], profile: ["given_name", "family_name"] };
const SECONDS = 120;

const people = new Map();
let memory = createMemoryAdapter();

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

// Where ID-porten asks for more of a client assertion than RFC 7523 and the library do.
function checkAssertion(ctx, claims, header) {
  const refuse = (reason) => {
    throw new errors.InvalidClientAuth(reason);
  };
  const [audience, ...others] = [claims.aud].flat();
  if (audience !== ctx.oidc.issuer || others.length) refuse("aud must be the issuer alone");
  if (!header.kid) refuse("kid must be that of the registered key");
  if (!Number.isInteger(claims.iat)) refuse("iat must be there");
  if (claims.exp - claims.iat > SECONDS) refuse("the assertion lives too long");
}

// The library's own pages announce themselves on stdout, where only answers to our parent belong.
function renderError(ctx, { error, error_description: description }) {
  ctx.type = "text/plain";
  ctx.body = `${error}: ${description}\n`;
}

function signedOut(ctx) {
  ctx.body = "<!doctype html><title>Signed out</title>";
}

function configuration({ jwks, cookieKey, clients }) {
  return {
    adapter: memory,
    jwks,
    clients,
    assertJwtClientAuthClaimsAndHeader: checkAssertion,
    claims: CLAIMS,
    clientBasedCORS: () => false,
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
      rpInitiatedLogout: { enabled: true, logoutSource: askNothing, postLogoutSuccessSource: signedOut },
    },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }),
    interactions: { policy: policy(), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: everythingGranted,
    pkce: { required: () => true },
    renderError,
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
  if (settings.fresh) {
    memory = createMemoryAdapter();
    people.clear();
  }
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
