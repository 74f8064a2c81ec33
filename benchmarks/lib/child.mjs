// Runs one case of a part in this process and sends its lines to the parent.
const [, , url, name] = process.argv;
const { part } = await import(url);
const lines = await part.run(name, { smoke: false });
const { user, system } = process.cpuUsage();
const cpuSeconds = (user + system) / 1e6 + (part.otherCpuSeconds?.() ?? 0);
process.send({ lines, cpuSeconds }, () => process.exit(0));
