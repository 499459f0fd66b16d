/** Talks to the server; every address is relative, so the page works below any path. */

export type Value = number | string | boolean | null | string[] | Record<string, number>;
export type Changes = Record<string, Value>;
export interface Ask {
  preset: string;
  changes: Changes;
}
export interface Figure {
  value: number;
  low: number;
  high: number;
  unit: string;
  title: string;
  text: string;
  range: string;
  key: boolean;
  badge?: string;
  basis?: string;
}
export type Spec = Record<string, any>;
export interface PlanView {
  preview: boolean;
  name: string;
  place: string;
  figures: Record<string, Figure>;
  charts: Record<string, Spec | null>;
  seconds: number;
  scenario?: Record<string, Value>;
  warnings?: { code: string; message: string }[];
  story?: { heading: string; text: string }[];
}
export interface About {
  wattscale: string;
  schema: string;
  read_only: boolean;
  stages: { name: string; question: string }[];
  jobs: { kind: string; title: string }[];
  charts: { name: string; stage: string; full: boolean }[];
  headlines: string[];
  theme: { light: Record<string, string>; dark: Record<string, string> };
  limits: { max_cases: number; plan_seconds: number };
}
export interface Choice {
  name: string;
  label: string;
}
export interface Job {
  id: string;
  kind: string;
  title: string;
  ask: Ask;
  options: Record<string, any>;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
  created: string;
  error: string;
  estimate_s: number | null;
  progress: { done: number; total: number; what: string; left_s: number | null } | null;
  result?: any;
  charts?: { name: string; spec: Spec }[];
}

export type OnJob = (job: Job) => void;

export class ApiError extends Error {
  constructor(
    message: string,
    readonly kind: string,
    readonly where: string | null,
    readonly status: number,
  ) {
    super(message);
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  let error = { kind: 'failed', message: `the server answered ${response.status}`, where: null };
  try {
    error = { ...error, ...(await response.json()).error };
  } catch {
    // not JSON: the status says it
  }
  throw new ApiError(error.message, error.kind, error.where, response.status);
}

/** Asks; where what is asked takes minutes, waits for the job that makes it and asks again. */
async function request(path: string, init?: RequestInit, onJob?: OnJob): Promise<Response> {
  const first = await once(path, init);
  if (first.status !== 202) return first;
  const job: Job = (await first.json()).job;
  await ended(job, init?.signal ?? null, onJob);
  const again = await once(path, init);
  if (again.status === 202) throw new ApiError('The job has ended, but its result is gone.', 'failed', null, 202);
  return again;
}

/** Why a wait is given up: another plan is wanted, so the job that makes the old one is ended with it. */
export const CHANGED = new DOMException('the ask has changed', 'AbortError');

/** Waits for the end of a job. */
function ended(first: Job, signal: AbortSignal | null, onJob?: OnJob): Promise<void> {
  return new Promise((resolve, reject) => {
    onJob?.(first);
    const stop = follow(first.id, (job) => {
      onJob?.(job);
      if (job.state === 'done') resolve();
      else if (!['queued', 'running'].includes(job.state))
        reject(new ApiError(job.error || `The job is ${job.state}.`, 'failed', null, 0));
    });
    signal?.addEventListener('abort', () => {
      stop();
      if (signal.reason === CHANGED) void once(`jobs/${first.id}/cancel`, { method: 'POST' }).catch(() => undefined);
      reject(signal.reason);
    });
  });
}

async function once(path: string, init?: RequestInit): Promise<Response> {
  try {
    return await checked(await fetch(`api/${path}`, init));
  } catch (error) {
    if (error instanceof ApiError || (error as Error).name === 'AbortError') throw error;
    throw new ApiError('The server cannot be reached. Is it still running?', 'offline', null, 0);
  }
}

function sent(body: unknown, signal?: AbortSignal): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal };
}

export async function get<T>(path: string): Promise<T> {
  return (await request(path)).json();
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal, onJob?: OnJob): Promise<T> {
  return (await request(path, sent(body, signal), onJob)).json();
}

export async function download(path: string, body: unknown, name: string): Promise<void> {
  const blob = await (await request(path, sent(body))).blob();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Follows a job until it ends; gives a function that stops following. */
export function follow(id: string, onChange: (job: Job) => void): () => void {
  const source = new EventSource(`api/jobs/${id}/events`);
  source.addEventListener('job', (event) => {
    const job: Job = JSON.parse((event as MessageEvent).data);
    if (!['queued', 'running'].includes(job.state)) source.close();
    onChange(job);
  });
  return () => source.close();
}
