import type { errors as source, errorPages as sourcePages } from '../en/errors.ts';
import type { Translation } from '../message.ts';

export const errors: Translation<typeof source> = {
  'error.store_unavailable':
    'Dieser Dienst kommt gerade nicht an seine Daten. Es ging nichts verloren; bitte versuchen Sie es gleich noch einmal.',
  'error.page_old': 'Diese Seite ist veraltet. Es ist nichts geschehen; bitte fangen Sie noch einmal an.',
  'error.cookies_off':
    'Ihr Browser hat unser Cookie nicht zurückgeschickt. Bitte erlauben Sie Cookies für diese Seite und fangen Sie noch einmal an.',
  'error.foreign_form': 'Dieses Formular kam von einer fremden Seite. Darum ist nichts geschehen.',
  'error.body_too_large': 'Das Formular ist größer, als dieser Dienst annimmt (16 KB). Es ist nichts geschehen.',
  'error.not_a_form': 'Diese Adresse nimmt nur Formulare an (application/x-www-form-urlencoded).',
  'error.body_cut_off': 'Das Formular kam nicht vollständig an.',
  'error.bad_request': 'Dieser Dienst konnte mit der Anfrage nichts anfangen.',
  'error.internal':
    'Das hätte nicht passieren dürfen. Es wurde aufgeschrieben, und nichts, was bestätigt war, ist verloren.',
  'error.not_found': 'Die Adresse stimmt nicht, oder es gibt nicht mehr, wohin sie führte.',
  'error.no_receipt': 'Hier ist kein Beleg. Vielleicht wurde er geschlossen, oder er ist älter als ein Tag.',
  'error.first_link_gone':
    'Dieser Link wurde benutzt, oder seine 15 Minuten sind um. „signoff operators link“ macht einen neuen.',
  'error.busy_streams':
    'Gerade werden zu viele Seiten laufend erneuert. Laden Sie die Seite neu, um den Stand zu sehen.',
  'error.busy_sign_ins': 'Gerade melden sich zu viele Leute an. Bitte versuchen Sie es gleich noch einmal.',
  'error.too_many_requests':
    'Aus Ihrem Netz kamen mehr Anfragen, als dieser Dienst auf einmal beantwortet. Es ging nichts verloren.',
  'error.visit_needed': 'Zum Abmelden muss man diese Seite besuchen; sie vorab zu laden bewirkt nichts.',
  'error.form_twice': 'Das Formular sagt dasselbe zweimal. Es wurde nichts beendet.',
  'error.form_decision': 'Das Formular sagt weder „abmelden“ noch „bleiben“. Es wurde nichts beendet.',
  'error.form_scope': 'Das Formular nennt nichts, wovon man sich abmelden kann. Es wurde nichts beendet.',
  'error.form_no_app': 'Keine App hat gefragt, also kann keine allein abgemeldet werden. Es wurde nichts beendet.',
  'error.sign_in_first': 'In diesem Browser ist niemand angemeldet.',
  'error.form_what': 'Das Formular sagt nicht, was enden soll. Es wurde nichts beendet.',
  'error.name_too_long': 'Ein Name hat höchstens 60 Zeichen. Es wurde nichts geändert.',
  'error.invalid_client': 'Die App, von der Sie kommen, ist bei diesem Dienst nicht eingetragen.',
  'error.invalid_redirect_uri':
    'Die App, von der Sie kommen, nennt eine Rücksprungadresse, die nicht für sie eingetragen ist.',
  'error.invalid_request': 'Die App, von der Sie kommen, verlangt etwas, das dieser Dienst nicht versteht.',
  'error.invalid_request_uri':
    'Die Anfrage der App ist hier nicht mehr bekannt. Bitte fangen Sie in der App noch einmal an.',
  'error.session_not_found': 'Diese Anmeldung stand zu lange offen. Bitte fangen Sie in der App noch einmal an.',
  'error.access_denied': 'Die App durfte das nicht.',
  'error.app_mistake':
    'Die App, von der Sie kommen, hat einen Fehler gemacht. Bitte gehen Sie zurück und versuchen Sie es noch einmal.',
  'fault.duplicate_parameter': 'Die Anfrage der App sagt dasselbe zweimal. Es wurde nichts beendet.',
  'fault.invalid_hint': 'Die App konnte nicht belegen, um welche Anmeldung es ihr geht. Es wurde nichts beendet.',
  'fault.client_mismatch': 'Die Anfrage nennt eine App und kommt von einer anderen. Es wurde nichts beendet.',
  'fault.unknown_client': 'Die Anfrage kommt von einer App, die hier nicht eingetragen ist. Es wurde nichts beendet.',
  'fault.unregistered_redirect_uri':
    'Die App will zu einer Adresse weiter, die nicht für sie eingetragen ist. Es wurde nichts beendet.',
  'fault.invalid_scope': 'Die App wollte von etwas abmelden, das es nicht gibt. Es wurde nichts beendet.',
  'fault.invalid_request': 'Die Anfrage der App ist falsch. Es wurde nichts beendet.',
};

export const errorPages: Translation<typeof sourcePages> = {
  'title.did-not-work': 'Das hat nicht geklappt',
  'title.not-allowed': 'Das ist nicht erlaubt',
  'title.no-page': 'Diese Seite gibt es nicht',
  'title.gone': 'Das gibt es nicht mehr',
  'title.too-many': 'Zu viele Anfragen',
  'title.out-of-order': 'Im Moment außer Betrieb',
  'title.our-side': 'Bei uns ging etwas schief',
  'title.cookies-off': 'Cookies sind ausgeschaltet',
  'title.bad-sign-off': 'Diese Anfrage zum Abmelden stimmt nicht',
  'advice.wait': 'Bitte versuchen Sie es in {span} noch einmal.',
  'advice.support': 'Bitte versuchen Sie es noch einmal. Bleibt es so, nennen Sie der Hilfe die beiden Angaben unten.',
  'error.sign-out-still': 'Wollten Sie sich abmelden? Das geht trotzdem.',
  'error.sign-out': 'Auf diesem Gerät abmelden',
  'error.developers': 'Für die Entwicklung',
  'old.title': 'Noch einmal',
  'old.headline': 'Diese Seite ist veraltet',
  'old.what':
    'Sie war zu lange offen, oder Ihre Anmeldung hat sich in einem anderen Tab geändert. Es ist nichts geschehen.',
  'old.again': 'Bitte fangen Sie noch einmal an.',
  'old.again-at-app': 'Bitte fangen Sie noch einmal an: Öffnen Sie die App und melden Sie sich von dort an oder ab.',
  'old.signed-in-title': 'Angemeldet',
  'old.signed-in': 'Sie sind schon angemeldet',
  'old.signed-in-what': 'Diese Seite hat ihren Zweck erfüllt; hier ist nichts mehr zu tun.',
  'old.continue': 'Weiter zu {app}',
  'old.where': 'Wo bin ich angemeldet?',
  'host.title': 'Andere Adresse',
  'host.headline': 'Dieser Dienst hat eine andere Adresse',
  'host.what': 'An- und Abmelden geht nur dort.',
  'host.go': 'Weiter zu {host}',
  'too-large.title': 'Zu groß',
  'too-large.body': 'Das war zu viel',
  'too-large.body-advice':
    'Bitte gehen Sie zurück und versuchen Sie es mit weniger. Hat eine App Sie hergeschickt, sollte ihr Betrieb davon erfahren.',
  'too-large.headers': 'Die Adresse oder die Cookies sind zu lang',
  'too-large.headers-what':
    'Ihr Browser hat mehr geschickt, als dieser Dienst auf einmal annimmt (16 KB). Es ist nichts geschehen.',
  'too-large.headers-advice':
    'Hat eine App Sie zum Abmelden hergeschickt, {instead}. Passiert es wieder, löschen Sie die Cookies dieser Seite.',
  'too-large.headers-link': 'melden Sie sich hier ab',
};
