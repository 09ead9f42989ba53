<?php
require 'vendor/autoload.php';

use Monolog\Formatter\LineFormatter;
use Monolog\Handler\SymfonyMailerHandler;
use Monolog\Logger;
use Symfony\Component\Mailer\Mailer;
use Symfony\Component\Mailer\Transport;
use Symfony\Component\Mime\Email;

$mailer = new Mailer(Transport::fromDsn('smtp://localhost:2525'));
$mail = (new Email())->from('shop@example.com')->to('ops@example.com')->subject('[shop] %level_name%');
$handler = new SymfonyMailerHandler($mailer, $mail, Logger::ERROR);
$formatter = new LineFormatter(null, null, true, true);
$formatter->includeStacktraces();
$handler->setFormatter($formatter);
$log = new Logger('shop', [$handler]);

function charge(int $order): void
{
    throw new RuntimeException("no answer about order $order");
}

foreach ([4711, 4712, 4713] as $order) {
    try {
        charge($order);
    } catch (RuntimeException $e) {
        $log->error('charge failed', ['exception' => $e]);
    }
}
$log->critical('stock of A-17 is negative');
