#!/usr/bin/perl
use strict;
use warnings;
use Carp qw(confess longmess);
use Email::Sender::Simple qw(sendmail);
use Email::Sender::Transport::SMTP;
use Email::Simple;

my $smtp = Email::Sender::Transport::SMTP->new({ host => 'localhost', port => 2525 });

sub report {
    my ($error) = @_;
    my $mail = Email::Simple->create(
        header => [From => 'shop@example.com', To => 'ops@example.com', Subject => '[shop] error in charge'],
        body   => $error,
    );
    sendmail($mail, { transport => $smtp });
}

sub charge {
    my ($order) = @_;
    confess "no answer about order $order";
}

for my $order (4711 .. 4713) {
    eval { charge($order); 1 } or report($@);
}
