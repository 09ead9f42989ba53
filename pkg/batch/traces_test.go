package batch_test

// Traces as the runtimes print them, and the mails that carry them.

const pythonTrace = `2026-03-09 03:17:42,987 ERROR shop.checkout 14107 MainThread
Order 4711 failed for user anna
Traceback (most recent call last):
  File "/srv/shop/shop/checkout.py", line 88, in place_order
    stock = self.inventory.reserve(order)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/shop/db.py", line 41, in connect
    return psycopg2.connect(self.dsn, connect_timeout=3)
psycopg2.OperationalError: connection to server at "10.20.0.11", port 5432 failed: Connection refused
	Is the server running on that host and accepting TCP/IP connections?
`

const javaTrace = `2026-03-09 03:17:42,987 ERROR [http-nio-8080-exec-12] e.s.p.ChargeService - Charge failed for request 550e8400-e29b-41d4-a716-446655440000
example.shop.ChargeFailedException: acquirer 203.0.113.17:8443 gave no answer on example.shop.Connection@3f2a9bc
	at example.shop.AcquirerClient.authorize(AcquirerClient.java:211) ~[payment-service-2.14.1.jar:2.14.1]
	at example.shop.ChargeService.charge(ChargeService.java:142) ~[payment-service-2.14.1.jar:2.14.1]
	at java.base/java.lang.Thread.run(Thread.java:1583) [?:?]
Caused by: java.net.SocketTimeoutException: Connect timed out
	at java.base/sun.nio.ch.NioSocketImpl.connect(NioSocketImpl.java:592) ~[?:?]
	... 10 more
`

const uncaughtTrace = `Exception in thread "pool-3-thread-7" java.lang.IllegalStateException: order 4711 is closed
	at example.shop.Orders.reopen(Orders.java:88)
	at java.base/java.util.concurrent.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:642)
`

const javaScriptTrace = `TypeError: Cannot read properties of undefined (reading 'total')
    at Basket.sum (/srv/shop/src/basket.js:17:23)
    at async handle (/srv/shop/src/server.js:102:5)
    at /srv/shop/node_modules/express/lib/router/layer.js:95:5
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
`

const goTrace = `panic: runtime error: index out of range [5] with length 3

goroutine 184 [running]:
shop.example/worker/invoice.(*Batch).line(0xc00012a3f0, 0x5)
	/srv/build/worker/invoice/batch.go:74 +0x1d
shop.example/worker/queue.drain({0xc000300000, 0x1f, 0x1000})
	/srv/build/worker/queue/consumer.go:93 +0x17a
created by shop.example/worker/queue.(*Consumer).Run in goroutine 17
	/srv/build/worker/queue/consumer.go:61 +0x1a5

goroutine 1 [chan receive, 5 minutes]:
main.main()
	/srv/build/worker/main.go:30 +0x99
exit status 2
`

const startedTrace = `panic: assignment to entry in nil map

goroutine 35 [running]:
main.count(...)
	/srv/build/worker/main.go:12
main.worker(0xc00001c0c0)
	/srv/build/worker/main.go:21 +0x85
created by main.start in goroutine 18
	/srv/build/worker/main.go:33 +0x6f
`
