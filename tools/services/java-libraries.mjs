import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';

/** Where servers and what they are made of lie; nothing in it is part of the repository. */
export const SERVICES_FOLDER = join(REPOSITORY, '.cache', 'services');

/** What a Java server needs and this machine lacks, e.g. `java`; empty when all is there. */
export async function missingForJava() {
  const missing = [];
  for (const [command, flag] of [['java', '-version'], ['keytool', '-help'], ['mvn', '-v']]) {
    if ((await run(command, [flag], { timeoutMs: 60_000 })).code !== 0) missing.push(command);
  }
  return missing;
}

/**
 * The folder with the jars of some Maven artifacts and all they depend on; fetched once. Several processes may ask at the
 * same time: each fetches into a folder of its own, and the first to finish gives it its name.
 */
export async function javaLibraries(name, artifacts) {
  const folder = join(SERVICES_FOLDER, 'libraries', name);
  if (existsSync(folder)) return folder;
  mkdirSync(join(SERVICES_FOLDER, 'libraries'), { recursive: true });
  const own = mkdtempSync(join(SERVICES_FOLDER, 'libraries', `.${name}-`));
  writeFileSync(join(own, 'pom.xml'), pom(name, artifacts));
  const args = ['-q', '-B', '-f', join(own, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${join(own, 'jars')}`];
  const { code, stdout, stderr } = await run('mvn', args, { cwd: own, timeoutMs: 300_000 });
  if (code !== 0) throw new Error(`Maven could not fetch ${artifacts.join(', ')}:\n${stdout}${stderr}`);
  try {
    renameSync(join(own, 'jars'), folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
  rmSync(own, { recursive: true, force: true });
  return folder;
}

function pom(name, artifacts) {
  const dependencies = artifacts.map((artifact) => {
    const [group, id, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${id}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>millrace.services</groupId>` +
    `<artifactId>${name}</artifactId><version>1</version><packaging>pom</packaging><dependencies>${dependencies.join('')}</dependencies></project>\n`;
}
