import 'package:flutter/material.dart';
import 'package:webview_flutter/webview_flutter.dart';

/// A journey in a web view.
class JourneyPage extends StatefulWidget {
  const JourneyPage({super.key, required this.way, required this.onEnd});

  /// The journey's way of the type `web_view`, from the JSON that your server sent.
  final Map<String, dynamic> way;

  /// Gets the URL at which the journey ended, once. Post it to your own server: `read` makes a hint of it there.
  final void Function(String url) onEnd;

  @override
  State<JourneyPage> createState() => _JourneyPageState();
}

class _JourneyPageState extends State<JourneyPage> {
  late final WebViewController _controller;
  bool _ended = false;

  @override
  void initState() {
    super.initState();
    _controller = WebViewController(onPermissionRequest: _answer)
      ..setJavaScriptMode(JavaScriptMode.unrestricted)
      ..setNavigationDelegate(NavigationDelegate(
        // Which of them reports the end differs between systems. A frame inside the page does not end the journey.
        onNavigationRequest: (request) => request.isMainFrame ? _decide(request.url) : NavigationDecision.navigate,
        onPageStarted: (url) => _decide(url),
        onUrlChange: (change) => _decide(change.url ?? ''),
      ))
      ..loadRequest(Uri.parse(widget.way['url']));
  }

  NavigationDecision _decide(String url) {
    if (!isEnd(widget.way, url)) return NavigationDecision.navigate;
    if (!_ended) {
      _ended = true;
      widget.onEnd(url);
    }
    return NavigationDecision.prevent;
  }

  /// Grants what the journey asks for and nothing else, and that only while a page of its own is shown. The plugin does not say
  /// which frame asks: a frame of another site can only if that page lets it (`allow`).
  Future<void> _answer(WebViewPermissionRequest request) async {
    final own = originOf(widget.way['url']);
    final isOwn = own != null && originOf(await _controller.currentUrl() ?? '') == own;
    await (isOwn && request.types.every(_isWanted) ? request.grant() : request.deny());
  }

  bool _isWanted(WebViewPermissionResourceType type) =>
      type == WebViewPermissionResourceType.camera && widget.way['permissions'].contains('camera') ||
      type == WebViewPermissionResourceType.microphone && widget.way['permissions'].contains('microphone');

  @override
  Widget build(BuildContext context) => WebViewWidget(controller: _controller);
}

/// Whether the journey ends at this URL: at the place of one of its navigations, with the parameters that belong to it.
bool isEnd(Map<String, dynamic> way, String url) {
  for (final signal in way['finish']) {
    if (signal['on']['type'] != 'navigation' || !placeOf(signal['on']['url']).hasMatch(url)) continue;
    // What a list of JSON holds is dynamic, and `every` wants a test of that.
    final List<dynamic> conditions = signal['when'] ?? const [];
    if (conditions.every((condition) => condition['is'].contains(parameterOf(url, condition['path'])))) return true;
  }
  return false;
}

/// With or without a slash behind it, whatever stands in query and fragment.
RegExp placeOf(String url) =>
    RegExp('^' + RegExp.escape(url.replaceFirst(RegExp(r'/?([?#].*)?$'), '')) + r'/?([?#]|$)');

/// The first parameter of that name in the query.
String? parameterOf(String url, String name) {
  try {
    return Uri.parse(url).queryParametersAll[name]?.first;
  } catch (_) {
    return null; // no URL, or a query that is not UTF-8
  }
}

/// Scheme, host and port; nothing for what is not HTTPS, such as `about:blank`.
String? originOf(String url) {
  final uri = Uri.tryParse(url);
  return uri != null && uri.isScheme('https') && uri.host.isNotEmpty ? uri.origin : null;
}
