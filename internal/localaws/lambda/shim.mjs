// The runtime of Node functions in the local AWS: finds the handler, asks the
// Lambda Runtime API for events and answers them.
import { existsSync } from 'node:fs';
import { request, Agent } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const env = process.env;
const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let requestId;

function call(method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const out = request({ agent, host, port, method, path: `/2018-06-01/runtime/${where}`, headers }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString() }));
      response.on('error', reject);
    });
    out.on('error', reject);
    out.end(body);
  });
}

function describe(error) {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

// As AWS prefixes what functions print.
for (const [method, level] of Object.entries({ debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR' })) {
  console[method] = (...values) => {
    const timestamp = new Date().toISOString();
    const message = format(...values);
    const text =
      env.AWS_LAMBDA_LOG_FORMAT === 'JSON'
        ? JSON.stringify({ timestamp, level, requestId, message })
        : `${timestamp}\t${requestId ?? 'undefined'}\t${level}\t${message.replaceAll('\n', '\r')}`;
    process.stdout.write(`${text}\n`);
  };
}

async function load() {
  const [, folder, module, name] = /^(.*?)([^/.]+)\.(.+)$/.exec(env._HANDLER) ?? [];
  const base = path.join(env.LAMBDA_TASK_ROOT, folder ?? '', module ?? '');
  const file = ['', '.js', '.mjs', '.cjs'].map((ending) => base + ending).find((candidate) => existsSync(candidate));
  if (!module || !file) {
    throw Object.assign(new Error(`Cannot find module '${module ?? env._HANDLER}'`), { name: 'Runtime.ImportModuleError' });
  }
  const loaded = file.endsWith('.cjs') ? createRequire(file)(file) : await import(pathToFileURL(file));
  const handler = name.split('.').reduce((found, part) => found?.[part] ?? found?.default?.[part], loaded);
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${env._HANDLER} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  }
  return handler;
}

function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, value) => (error ? reject(error) : resolve(value));
    Object.assign(context, { done: callback, succeed: resolve, fail: reject });
    const returned = handler(event, context, callback);
    if (typeof returned?.then === 'function') {
      returned.then(resolve, reject);
    } else if (handler.length < 3) {
      resolve(returned);
    }
  });
}

let handler;
try {
  handler = await load();
} catch (error) {
  console.error(error);
  await call('POST', 'init/error', JSON.stringify(describe(error)));
  process.exit(1);
}
for (const kind of ['uncaughtException', 'unhandledRejection']) {
  process.on(kind, async (error) => {
    console.error(error);
    const body = { ...describe(error), errorType: kind === 'uncaughtException' ? describe(error).errorType : 'Runtime.UnhandledPromiseRejection' };
    await call('POST', requestId ? `invocation/${requestId}/error` : 'init/error', JSON.stringify(body));
    process.exit(128);
  });
}

for (;;) {
  const next = await call('GET', 'invocation/next');
  requestId = next.headers['lambda-runtime-aws-request-id'];
  if (!requestId) {
    process.exit(0);
  }
  env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id'];
  const deadline = Number(next.headers['lambda-runtime-deadline-ms']);
  const context = {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    clientContext: JSON.parse(next.headers['lambda-runtime-client-context'] ?? 'null') ?? undefined,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    getRemainingTimeInMillis: () => deadline - Date.now(),
    invokedFunctionArn: next.headers['lambda-runtime-invoked-function-arn'],
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  };
  let where = 'response';
  let body;
  try {
    body = JSON.stringify((await run(handler, JSON.parse(next.body), context)) ?? null);
  } catch (error) {
    console.error(error);
    where = 'error';
    body = JSON.stringify(describe(error));
  }
  await call('POST', `invocation/${requestId}/${where}`, body);
}
