import type { CommandMessages } from './keys'

/** The English texts of messages to terminals. */
export const commandsEn: CommandMessages = {
  commands: {
    open: 'Send message',
    title: 'Message to {unit}',
    close: 'Put the messages away',
    device: 'Terminal',
    words: 'Message',
    placeholder: 'Shown on the terminal and read aloud; valid for 1 hour',
    send: 'Send',
    sending: 'Sending…',
    hint: 'Ctrl+Enter sends',
    list: 'Last messages',
    none: 'Nothing was sent to this terminal yet.',
    loading: 'Reading the messages…',
    retry: 'Try again',
    takeBack: 'Take back',
    takeBackOf: 'Take back “{words}”',
    states: { queued: 'Queued', sent: 'Sent', delivered: 'Delivered', refused: 'Refused by the terminal', expired: 'Expired', cancelled: 'Taken back' },
    waits: 'sent in turn when the terminal is logged in, until {until}',
    waitsAgain: 'not answered: sent again when the terminal logs in, until {until}',
    unanswered: 'the terminal has not answered yet',
    settled: '{state} {time}',
    spoken: 'Message “{words}”: {state}',
    faults: {
      text: 'The terminal cannot take these words: they are too long (1000 letters or 500 Chinese signs at most), or have signs that GBK lacks, such as emoji.',
      protocol: 'The protocol of this device knows no messages: nothing can be sent to it.',
      tooMany: 'As many messages wait for this terminal as may. Take some back first.',
      notQueued: 'This message was sent or is settled by now: it cannot be taken back.',
      gone: 'This terminal is not there: it may have been revoked, or lies outside of what you may tell.',
      forbidden: 'You have no right to send messages (device.command is needed).',
      away: 'The database is away, so no message can be sent or read now. Try again when it is back.',
      noAnswer: 'The server does not answer: check the network and try again.',
      other: 'It did not work. Try again.',
    },
  },
}
