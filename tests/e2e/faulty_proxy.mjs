// A wire between two nodes that a test can damage.
import { connect, createServer } from 'node:net';

/**
 * Listens on a port of loopback and forwards to `target`'s. `mode` says how: 'open'; 'cut' (what is open breaks, what
 * comes is refused); 'deaf' (bytes towards the target vanish, so the connection stands and only half of it speaks);
 * 'held' (nothing passes until it is open again, and then all of it); a number delays every byte by so many ms.
 */
export class FaultyProxy {
    static async listen(target) {
        const proxy = new FaultyProxy();
        proxy.mode = 'open';
        proxy.pairs = new Set();
        proxy.server = createServer((from) => proxy.accept(from, target));
        await new Promise((done) => proxy.server.listen(0, '127.0.0.1', done));
        proxy.port = proxy.server.address().port;
        return proxy;
    }
    /** A connection that lost bytes cannot go on: it breaks when the wire is whole again. */
    set(mode) {
        const before = this.mode;
        this.mode = mode;
        if (mode === 'cut' || before === 'deaf') for (const pair of this.pairs) pair.destroy();
        for (const pair of this.pairs) pair.pass();
    }
    accept(from, target) {
        if (this.mode === 'cut') return from.destroy();
        const to = connect(target, '127.0.0.1');
        const queues = [
            { from, to, towards: true, waits: [] },
            { from: to, to: from, towards: false, waits: [] },
        ];
        const pair = {
            destroy: () => {
                this.pairs.delete(pair);
                from.destroy();
                to.destroy();
            },
            pass: () => queues.forEach(flush),
        };
        const flush = (queue) => {
            if (this.mode === 'held' || this.mode === 'cut') return;
            while (queue.waits.length > 0 && queue.waits[0].at <= performance.now()) {
                const { bytes } = queue.waits.shift();
                if (!(this.mode === 'deaf' && queue.towards)) queue.to.write(bytes);
            }
            if (queue.waits.length > 0) setTimeout(() => flush(queue), queue.waits[0].at - performance.now());
        };
        this.pairs.add(pair);
        for (const queue of queues) {
            queue.from.setNoDelay(true);
            queue.from.on('data', (bytes) => {
                const delay = typeof this.mode === 'number' ? this.mode : 0;
                queue.waits.push({ bytes, at: Math.max(performance.now() + delay, queue.waits.at(-1)?.at ?? 0) });
                flush(queue);
            });
            queue.from.on('error', pair.destroy);
            queue.from.on('close', pair.destroy);
        }
    }
    close() {
        for (const pair of this.pairs) pair.destroy();
        this.server.close();
    }
}
