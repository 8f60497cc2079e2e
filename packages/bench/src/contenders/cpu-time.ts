/**
 * Starts to measure this process's processor time, user and system, of all its threads, in milliseconds. In a run of the
 * engine that is: replaying the tokens, detection, gate, messages to and from the kernel, the timeline and the outputs.
 * Kernels are processes of their own and do not count.
 */
export function startCpuTime(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}
