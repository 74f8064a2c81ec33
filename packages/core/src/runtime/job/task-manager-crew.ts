import type { Platform, TimerHandle } from '../../base/platform.js';
import { WorkersDiffer } from '../errors.js';
import type { DeployMessage, FromTaskManager, ToTaskManager } from '../task-manager/messages.js';
import { mergeReports, type TaskManagerReport } from '../task-manager/report.js';
import type { AttemptPlan, TaskManagerLink, TaskManagerListener, TaskManagers } from './task-manager-link.js';

/** A task manager may take so long to close, a little longer than its operators may; then its thread is ended. */
export const CLOSE_TIMEOUT_MS = 35_000;

/** What the crew tells the JobManager beyond the messages it does not handle itself. */
export interface CrewListener {
  message(manager: number, message: FromTaskManager): void;
  /** Every task manager has settled after the last `settle`. May come again. */
  allSettled(): void;
  failed(error: unknown, manager: number): void;
}

/** What is known of one task manager. */
interface Member {
  readonly link: TaskManagerLink;
  fingerprint: string | undefined;
  isDeployed: boolean;
  probe: number;
  isGone: boolean;
  /** Another takes its place: what happens to it is of no interest. */
  isLeaving: boolean;
  lastReport: TaskManagerReport | undefined;
}

/** The task managers of one attempt of a job, as a whole: waits for all of them at each stage of its life. */
export class TaskManagerCrew {
  readonly #platform: Platform;
  readonly #job: string;
  readonly #listener: CrewListener;
  readonly #managers: TaskManagers;
  readonly #plan: AttemptPlan;
  readonly #events: TaskManagerListener;
  readonly #members: Member[];
  /** What those have done that others have replaced. */
  readonly #replaced: TaskManagerReport[];
  readonly #errors: unknown[];
  #waiting: { readonly isReached: (member: Member) => boolean; readonly resolve: () => void } | undefined;
  #probe: number;
  #isClosing: boolean;
  #closed: Promise<unknown[]> | undefined;

  constructor(platform: Platform, managers: TaskManagers, plan: AttemptPlan, listener: CrewListener) {
    this.#platform = platform;
    this.#job = plan.graph.jobGraph.job;
    this.#listener = listener;
    this.#errors = [];
    this.#waiting = undefined;
    this.#probe = 0;
    this.#isClosing = false;
    this.#closed = undefined;
    this.#managers = managers;
    this.#plan = plan;
    this.#replaced = [];
    this.#events = { message: (manager, message) => this.#receive(manager, message), lost: (manager, error) => this.#lost(manager, error) };
    this.#members = managers.start(plan, this.#events).map(newMember);
  }

  get links(): readonly TaskManagerLink[] {
    return this.#members.map(({ link }) => link);
  }

  /** Resolves when all have built the job; throws when one has built another. Resolves early when the crew is closed. */
  async ready(fingerprint: string): Promise<void> {
    await this.#all((member) => member.fingerprint !== undefined);
    for (const { link, fingerprint: built } of this.#members) {
      if (built === undefined || built === fingerprint) continue;
      throw WorkersDiffer.error({ what: `${link.name} has built another graph of job "${this.#job}" than the thread that coordinates it`, where: { job: this.#job } });
    }
  }

  /** Gives each its part and resolves when all subtasks are open, or the crew is closed. */
  async deploy(partOf: (manager: number) => DeployMessage): Promise<void> {
    this.#members.forEach(({ link }, manager) => link.send(partOf(manager)));
    await this.#all((member) => member.isDeployed);
  }

  /** Closes and ends some, with which the others exchange nothing. */
  async end(managers: readonly number[], reason: unknown): Promise<void> {
    const leaving = managers.map((manager) => this.#members[manager] as Member);
    for (const member of leaving) {
      member.isLeaving = true;
      if (!member.isGone) member.link.send({ kind: 'close', reason });
    }
    await this.#closing((member) => !leaving.includes(member) || member.isGone);
    await Promise.all(leaving.map(({ link }) => link.terminate()));
  }

  /** Starts others in their place, gives each its part, and resolves when their subtasks are open, or the crew is closed. */
  async startAgain(managers: readonly number[], fingerprint: string, partOf: (manager: number) => DeployMessage): Promise<void> {
    const links = this.#managers.start(this.#plan, this.#events, managers);
    managers.forEach((manager, index) => {
      const { lastReport, link } = this.#members[manager] as Member;
      this.#replaced.push({ ...(lastReport ?? link.report()), subtasks: [], operators: [], metrics: [] });
      this.#members[manager] = newMember(links[index] as TaskManagerLink);
    });
    await this.ready(fingerprint);
    if (this.#isClosing) return;
    for (const manager of managers) this.send(manager, partOf(manager));
    await this.#all((member) => member.isDeployed);
  }

  send(manager: number, message: ToTaskManager): void {
    const member = this.#members[manager];
    if (member?.isGone === false) member.link.send(message);
  }

  broadcast(message: ToTaskManager): void {
    for (const member of this.#members) if (!member.isGone) member.link.send(message);
  }

  /** Asks all to say again when they have settled, after what they were told before. */
  settleAgain(): void {
    this.#probe++;
    this.broadcast({ kind: 'settle', probe: this.#probe });
  }

  report(): TaskManagerReport {
    return mergeReports([...this.#members.map((member) => member.lastReport ?? member.link.report()), ...this.#replaced]);
  }

  /** Stops and closes all, and ends those that do not come to an end. Gives the errors of closing. */
  close(reason: unknown): Promise<unknown[]> {
    this.#closed ??= this.#close(reason);
    return this.#closed;
  }

  async #close(reason: unknown): Promise<unknown[]> {
    this.#isClosing = true;
    this.#waiting?.resolve();
    this.broadcast({ kind: 'close', reason });
    await this.#closing((member) => member.isGone);
    await Promise.all(this.#members.map(({ link }) => link.terminate()));
    return this.#errors;
  }

  /** Waits until so many are closed, but not for ever. */
  async #closing(isReached: (member: Member) => boolean): Promise<void> {
    let timer: TimerHandle | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = this.#platform.timers.setTimer(CLOSE_TIMEOUT_MS, resolve, { keepsAlive: false });
    });
    await Promise.race([this.#all(isReached), timeout]);
    timer?.cancel();
  }

  #all(isReached: (member: Member) => boolean): Promise<void> {
    if (this.#members.every(isReached)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = { isReached, resolve };
    });
  }

  #look(): void {
    if (this.#waiting !== undefined && this.#members.every(this.#waiting.isReached)) this.#waiting.resolve();
  }

  #receive(manager: number, message: FromTaskManager): void {
    const member = this.#members[manager] as Member;
    switch (message.kind) {
      case 'ready':
        member.fingerprint = message.fingerprint;
        this.#look();
        return;
      case 'deployed':
        member.isDeployed = true;
        this.#look();
        return;
      case 'settled':
        member.probe = message.probe;
        if (this.#members.every(({ probe }) => probe === this.#probe)) this.#listener.allSettled();
        return;
      case 'failed':
        if (!member.isLeaving) this.#listener.failed(message.error, manager);
        return;
      case 'closed':
        member.isGone = true;
        member.lastReport = message.report;
        this.#errors.push(...message.errors);
        this.#look();
        return;
      default:
        this.#listener.message(manager, message);
    }
  }

  #lost(manager: number, error: Error): void {
    const member = this.#members[manager] as Member;
    if (member.isGone) return;
    member.isGone = true;
    this.#look();
    if (!this.#isClosing && !member.isLeaving) this.#listener.failed(error, manager);
  }
}

function newMember(link: TaskManagerLink): Member {
  return { link, fingerprint: undefined, isDeployed: false, probe: -1, isGone: false, isLeaving: false, lastReport: undefined };
}
