# Perl's Email::Sender over STARTTLS with AUTH; 8-bit text without BODY=8BITMIME.
use strict;
use warnings;
use Email::Sender::Simple qw(sendmail);
use Email::Sender::Transport::SMTP;
use Email::Simple;
use MIME::Base64;

open my $f, '<:raw', $ENV{BODY} or die $!;
my $text = do { local $/; <$f> };
my $mail = Email::Simple->create(
    header => [
        From           => 'app@client.example',
        To             => 'ops@client.example',
        Subject        => '=?UTF-8?B?' . encode_base64($ENV{SUBJECT}, '') . '?=',
        'MIME-Version' => '1.0',
        'Content-Type' => 'text/plain; charset=UTF-8',
        'Content-Transfer-Encoding' => '8bit',
    ],
    body => $text,
);
sendmail($mail, { transport => Email::Sender::Transport::SMTP->new({
    host => $ENV{HOST}, port => $ENV{PORT}, ssl => 'starttls',
    ssl_options => { SSL_ca_file => $ENV{CERT} },
    sasl_username => $ENV{LOGIN}, sasl_password => $ENV{PASSWORD},
}) });
