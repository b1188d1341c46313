### Entries in people's calendars.

calendar-online = Online
calendar-postponed = Postponed: { $title }
calendar-postponed-note = Postponed: it does not take place at this time. A new time is not known yet.
